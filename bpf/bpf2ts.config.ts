import { type Bpf2tsConfig, defineConfig } from "@heddle/bpf2ts";

/** What `bpf2ts` generates from the objects; see its README for the conventions in C. */
const config: Bpf2tsConfig = defineConfig({
  command: "node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts",
  objects: [
    { file: "../packages/conntrack/objects/conntrack.bpf.o", owner: "conntrack" },
    { file: "../packages/datapath/objects/node.bpf.o", owner: "datapath" },
    { file: "../packages/datapath/objects/pod.bpf.o", owner: "datapath" },
    { file: "../packages/ipv6-ndp/objects/ndp.bpf.o", owner: "ipv6-ndp" },
    { file: "../packages/lab/objects/impair.bpf.o", owner: "lab" },
    { file: "../packages/encap-geneve/objects/geneve.bpf.o", owner: "encap-geneve" },
  ],
  sources: ["include", "maps", "programs"],
  outputs: {
    conntrack: "../packages/conntrack/src/generated/bpf.ts",
    datapath: "../packages/datapath/src/generated/bpf.ts",
    "encap-geneve": "../packages/encap-geneve/src/generated/bpf.ts",
    endpoint: "../packages/endpoint/src/generated/bpf.ts",
    "ipv6-ndp": "../packages/ipv6-ndp/src/generated/bpf.ts",
    lab: "../packages/lab/src/generated/bpf.ts",
  },
  domainTypes: {
    ip_addr: {
      type: { name: "IpAddress", from: "@heddle/contracts" },
      codec: { name: "mappedIpCodec", from: "libbpf-napi" },
      size: 16,
    },
    mac_addr: {
      type: { name: "MacAddress", from: "@heddle/contracts" },
      codec: { name: "macCodec", from: "libbpf-napi" },
      size: 6,
    },
  },
});

export default config;
