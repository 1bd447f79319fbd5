import { expect, onTestFinished } from "vitest";
import { requireFeature, requireKernel } from "../feature.ts";
import { createTestNamespace, type TestNamespace } from "../namespace.ts";
import { addNetkitPair } from "../netkit-pair.ts";
import type { ExampleTest } from "./example.ts";

/** Examples that deal with the packets of devices and namespaces. */
export const networkExamples: Readonly<Record<string, ExampleTest>> = {
  tcx: async (example, context) => {
    await requireFeature(context, "tcx");
    const namespace = useNamespace();
    const run = example.start(["lo", "9"], { netns: namespace.path });
    await run.shows(/dropping what comes in at lo for port 9/);
    sendDatagram(namespace, "127.0.0.1", 9);
    sendDatagram(namespace, "::1", 9);
    sendDatagram(namespace, "127.0.0.1", 10);
    await run.shows(/^dropped: 2$/m);
  },

  clsact: async (example) => {
    const namespace = useNamespace();
    const run = example.start(["lo"], { netns: namespace.path });
    await run.shows(/adding up what leaves by lo/);
    sendDatagram(namespace, "127.0.0.5", 9);
    // Headers of Ethernet, IPv4 and UDP, and two bytes of payload.
    await run.shows(/^127\.0\.0\.5 44 bytes$/m);
    await run.interrupt();
    expect(namespace.run("tc", "filter", "show", "dev", "lo", "egress")).toBe("");
  },

  xdp: async (example) => {
    const namespace = useNamespace();
    const prefixes = ["127.0.0.0/24", "127.0.0.2/32"];
    const run = example.start(["lo", ...prefixes], { netns: namespace.path });
    await run.shows(/dropping what comes in at lo from 127\.0\.0\.0\/24, 127\.0\.0\.2\/32/);
    for (const source of ["127.0.0.1", "127.0.0.2"]) {
      expect(ping(namespace, "-I", source, "127.0.1.1")).toContain("0 received");
    }
    expect(ping(namespace, "-I", "127.0.1.2", "127.0.1.1")).toContain("1 received");
    await run.shows(/^127\.0\.0\.0\/24 1 packets$/m);
    await run.shows(/^127\.0\.0\.2\/32 1 packets$/m);
    await run.interrupt();
    expect(namespace.run("ip", "link", "show", "lo")).not.toContain("xdp");
  },

  netkit: async (example, context) => {
    await requireFeature(context, "netkit");
    const namespace = useNamespace();
    addNetkitPair(namespace);
    const setUp = "ip link set host up; ip link set pod up";
    const addresses = ["10.0.0.2/24", "10.0.0.3/24"].map((one) => `ip addr add ${one} dev pod`);
    namespace.run("sh", "-c", [setUp, ...addresses].join(";"));
    const run = example.start(["host", "10.0.0.2"], { netns: namespace.path });
    await run.shows(/what is behind host may send from 10\.0\.0\.2/);
    ping(namespace, "-I", "10.0.0.2", "10.0.0.1");
    await run.shows(/^spoofed: 0$/m);
    ping(namespace, "-I", "10.0.0.3", "10.0.0.1");
    await run.shows(/^spoofed: [1-9]/m);
  },

  netfilter: async (example, context) => {
    await requireFeature(context, "netfilter-link");
    const namespace = useNamespace();
    const run = example.start(["127.0.0.2", "192.0.2.1"], { netns: namespace.path });
    await run.shows(/blocking 127\.0\.0\.2, 192\.0\.2\.1/);
    expect(ping(namespace, "127.0.0.1")).toContain("1 received");
    expect(ping(namespace, "-I", "127.0.0.2", "127.0.0.1")).toContain("0 received");
    await run.shows(/^127\.0\.0\.2 1 packets$/m);
  },

  "flow-dissector": async (example, context) => {
    requireKernel(context, "a dissector that leaves packets to the kernel", "6.1");
    const namespace = useNamespace();
    // Packets are dissected to choose a CPU for them.
    namespace.run("sh", "-c", "echo 1 > /sys/class/net/lo/queues/rx-0/rps_cpus");
    const run = example.start(["4789"], { netns: namespace.path });
    await run.shows(/dissecting tunnels to port 4789/);
    // A socket that is connected would have chosen the hash of its packets itself.
    const send = `
      const socket = require("node:dgram").createSocket("udp4");
      socket.send("x", PORT, "127.0.0.1", () => socket.close());`;
    for (const port of ["9", "4789"]) {
      namespace.run(process.execPath, "-e", send.replace("PORT", port));
    }
    await run.shows(/^dissected: 1$/m);
  },

  freplace: async (example, context) => {
    await requireFeature(context, "freplace");
    const namespace = useNamespace();
    const run = example.start(["lo"], { netns: namespace.path });
    await run.shows(/no IPv4 comes in at lo/);
    expect(ping(namespace, "127.0.0.1")).toContain("0 received");
    expect(ping(namespace, "::1")).toContain("1 received");
    await run.shows(/^asked: [1-9]/m);
  },
};

function useNamespace(): TestNamespace {
  const namespace = createTestNamespace();
  onTestFinished(() => namespace[Symbol.dispose]());
  return namespace;
}

/** Of two bytes. */
function sendDatagram(namespace: TestNamespace, address: string, port: number): void {
  const send = `echo 2> /dev/null 1 > /dev/udp/${address}/${String(port)} || true`;
  namespace.run("bash", "-c", send);
}

function ping(namespace: TestNamespace, ...args: readonly string[]): string {
  return namespace.run("sh", "-c", `ping -qc1 -W1 ${args.join(" ")} || true`);
}
