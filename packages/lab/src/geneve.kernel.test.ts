import { type IpAddress, ipFamilies, type IpFamily } from "@heddle/contracts";
import { waitUntil } from "@heddle/testing";
import { afterEach, describe, expect, it } from "vitest";
import { defaultPort, type Lab, type LabRouting, openLab } from "./index.ts";
import { labFolder, readLab, writeLab } from "./lab-folder.ts";
import { addressOf, askProbe, dialAll, seenAddress } from "./testing/dial-all.ts";
import {
  agentPid,
  createLabScene,
  heddle,
  type LabScene,
  type LabSceneOptions,
  run,
  serverPod,
  urlOf,
} from "./testing/lab-scene.ts";

let scene: LabScene;
afterEach(async () => scene[Symbol.asyncDispose]());

async function bringUp(options: Omit<LabSceneOptions, "pods">): Promise<void> {
  const pods = serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2");
  scene = await createLabScene({ pods, ...options });
}

const inA1 = (...command: readonly string[]) => run(scene.lab.inPod("a1", command));
const onNode1 = (...command: readonly string[]) => run(scene.lab.onNode("node-1", command));

/** That everybody reaches everybody, and is seen with its own address; outside of the cluster, pods with their node's. */
async function expectReach(lab: Lab, families: readonly IpFamily[] = ipFamilies): Promise<void> {
  const probes = lab.probes();
  for (const family of families) {
    for (const protocol of ["tcp", "udp"] as const) {
      const results = await dialAll(probes, family, protocol);
      const expected = probes.flatMap((from) =>
        probes
          .filter((to) => to !== from)
          .map((to) => ({
            from: from.name,
            to: to.name,
            client: seenAddress(from, to, family, probes),
          })),
      );
      expect({ protocol, results }).toEqual({ protocol, results: expected });
    }
  }
}

/** The counters of a node, as lines of `HOOK REASON`. */
async function countersOf(node: string): Promise<string> {
  const dumped = await run(scene.lab.onNode(node, ["heddle", "bpf", "dump", "counters"]));
  return dumped.stdout.replaceAll(/ +/g, " ");
}

/** Sends megabytes by HTTP, and gives the status of the answer. */
async function post(from: typeof inA1, target: IpAddress): Promise<string> {
  const script = `
    const body = new Uint8Array(5e6);
    const answer = await fetch(${JSON.stringify(urlOf(target, "/echo"))}, { method: "POST", body });
    console.log(answer.status);`;
  return (await from(process.execPath, "--input-type=module", "-e", script)).stdout.trim();
}

/** How an agent of the lab routes from its next start on. */
function changeRouting(routing: readonly LabRouting[]): Lab {
  const folder = labFolder(scene.name);
  writeLab(folder, { ...readLab(folder), routing });
  return openLab(scene.name, heddle);
}

describe("a cluster with Geneve", () => {
  it("connects everybody with everybody, through tunnels", async () => {
    await bringUp({ routing: "geneve" });
    await expectReach(scene.lab);
    for (const node of ["node-1", "node-2"]) {
      const counters = await countersOf(node);
      for (const line of [
        "fromPod toTunnel",
        "fromTunnel toPod",
        "fromTunnel toStack",
        "toTunnel toTunnel",
      ])
        expect(counters).toContain(line);
      expect(counters).not.toMatch(/tunnel[A-Z]|noTunnel|rewriteFailed/);
    }
  });

  it.each(ipFamilies)("has only IPv%i if need be", async (family) => {
    await bringUp({ routing: "geneve", families: [family] });
    await expectReach(scene.lab, [family]);
    expect(await countersOf("node-2")).toContain("fromTunnel toPod");
  });

  it("gives pods the MTU that tunnels leave, and carries what has to be fragmented", async () => {
    await bringUp({ routing: "geneve" });
    expect((await inA1("ip", "link", "show", "eth0")).stdout).toContain("mtu 1450");
    for (const family of ipFamilies) {
      const target = scene.address("default/b1", family);
      for (const from of [inA1, onNode1]) {
        const { stdout } = await from("ping", "-nc2", "-i0.2", "-W2", "-s", "8000", target);
        expect(stdout).toContain("2 received");
        expect(await post(from, target)).toBe("200");
      }
    }
  });

  it("counts hops as a router does, and each node tells when they are used up", async () => {
    await bringUp({ routing: "geneve" });
    const [node1, node2] = scene.lab.probes().slice(3);
    for (const family of ipFamilies) {
      const target = scene.address("default/b1", family);
      expect((await inA1("ping", "-nc1", "-W2", target)).stdout).toContain("ttl=62");
      for (const [ttl, node] of [
        ["1", node1],
        ["2", node2],
      ] as const) {
        const { stdout } = await inA1("ping", "-nc1", "-W2", "-t", ttl, target);
        expect(stdout).toContain(`From ${String(node && addressOf(node, family))} icmp_seq=1 Time`);
      }
      // From the node itself, which is reached without a tunnel.
      const { stdout } = await onNode1("ping", "-nc1", "-W2", "-t", "1", target);
      expect(stdout).toContain(`From ${String(node2 && addressOf(node2, family))} icmp_seq=1 Time`);
    }
  });

  it("has nodes without an IPv4 address that tell so in nobody's name (RFC 7600)", async () => {
    await bringUp({ routing: "geneve", underlay: [6] });
    const target = scene.address("default/b1", 4);
    const { stdout } = await inA1("ping", "-nc1", "-W2", "-t", "2", target);
    expect(stdout).toContain("From 192.0.0.8 icmp_seq=1 Time");
  });

  it("lets a device without any offload cut up what is in a tunnel", async () => {
    await bringUp({ routing: "geneve" });
    const features = ["tso", "gso", "tx", "tx-udp_tnl-segmentation"].flatMap((name) => [
      name,
      "off",
    ]);
    for (const node of ["node-1", "node-2"]) {
      const told = await run(scene.lab.onNode(node, ["ethtool", "-K", "eth0", ...features]));
      expect(told.code).toBe(0);
    }
    for (const family of ipFamilies) {
      const target = scene.address("default/b1", family);
      expect(await post(inA1, target)).toBe("200");
      expect(await post(onNode1, target)).toBe("200");
    }
  });
});

describe("a narrower network between the nodes", () => {
  it("is learned of without any agent, and what may be fragmented arrives in fragments", async () => {
    await bringUp({ routing: "geneve", underlay: [4], narrow: 1400 });
    const { lab } = scene;
    for (const node of lab.nodes) process.kill(await agentPid(lab, node), "SIGKILL");
    // What leaves the node has its checksums, as on a wire.
    await onNode1("ethtool", "-K", "eth0", "tx", "off");
    // The kernel's sockets let routers fragment.
    for (const host of [inA1, onNode1]) await host("sysctl", "-qw", "net.ipv4.ip_no_pmtu_disc=1");
    const target = scene.address("default/b1", 4);
    for (const name of ["default/a1", "node-1"]) {
      const control = String(lab.probes().find((probe) => probe.name === name)?.control);
      for (const [protocol, bytes] of [
        ["udp", 1400],
        ["udp", 8000],
        ["tcp", 1e6],
      ] as const) {
        const query = `host=${target}&port=${String(defaultPort)}&timeout=10000`;
        const path = `/transfer?${query}&protocol=${protocol}&bytes=${String(bytes)}`;
        const answer = await askProbe(control, path);
        expect({ name, protocol, bytes, answer }).toMatchObject({ answer: { reached: true } });
      }
    }
    const counters = await countersOf("node-1");
    for (const line of ["fromNet tunnelNarrow", "fromPod tooBig", "toTunnel fragmented"])
      expect(counters).toContain(line);
  });
});

describe("a cluster that is changed from one routing to the other", () => {
  it.each([
    ["direct", "geneve"],
    ["geneve", "direct"],
  ] as const)("%s to %s, node by node, loses no packet", async (before, after) => {
    await bringUp({ routing: before });
    for (const node of ["node-1", "node-2"]) {
      const lab = changeRouting([after, node === "node-1" ? before : after]);
      const streams = ipFamilies.map((family) =>
        inA1("ping", "-nq", "-i0.002", "-c1000", "-W1", scene.address("default/b1", family)),
      );
      await lab.restartAgent(node);
      for (const { stdout } of await Promise.all(streams)) {
        expect(stdout).toContain("1000 received, 0% packet loss");
      }
      await expectReach(lab, [4]);
    }
    // Pods that are there have the MTU of the new way.
    const mtu = after === "geneve" ? "mtu 1450" : "mtu 1500";
    expect((await inA1("ip", "link", "show", "eth0")).stdout).toContain(mtu);
    await waitUntil("the device", async () => {
      const { stdout } = await onNode1("ip", "-o", "link");
      return stdout.includes("heddle-tun") === (after === "geneve");
    });
  });
});
