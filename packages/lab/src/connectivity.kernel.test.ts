import { createAgentClient } from "@heddle/agent/client";
import { ipFamilies } from "@heddle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOf, dialAll, dialOnce, seenAddress } from "./testing/dial-all.ts";
import {
  agentSocketOf,
  createLabScene,
  type LabScene,
  run,
  serverPod,
  urlOf,
} from "./testing/lab-scene.ts";

let scene: LabScene;
beforeAll(async () => {
  const pods = serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2");
  scene = await createLabScene({ pods });
});
afterAll(async () => scene[Symbol.asyncDispose]());

/** Runs a program in the pod a1, on node-1. */
const inA1 = (...command: readonly string[]) => run(scene.lab.inPod("a1", command));
const onNode1 = (...command: readonly string[]) => run(scene.lab.onNode("node-1", command));

/** The hop limit that an answer from there has left. */
async function ttlTo(target: string): Promise<string | undefined> {
  const { stdout } = await inA1("ping", "-nc1", "-W2", target);
  return /ttl=(\d+)/.exec(stdout)?.[1];
}

/** What duplicate address detection says of an address of a1. */
async function state(prefix: string): Promise<string> {
  const { stdout } = await inA1("ip", "-6", "-o", "address", "show", "dev", "eth0", "to", prefix);
  if (stdout.includes("dadfailed")) return "duplicate";
  return stdout.includes("tentative") ? "tentative" : "valid";
}

describe.each(ipFamilies)("IPv%i", (family) => {
  it.each(["tcp", "udp"] as const)(
    "reaches everybody from everybody by %s, outside of the cluster with its node's address",
    async (protocol) => {
      const probes = scene.lab.probes();
      expect(probes.map(({ name }) => name)).toEqual([
        "default/a1",
        "default/a2",
        "default/b1",
        "node-1",
        "node-2",
        "outside",
      ]);
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
      expect(results).toEqual(expected);
    },
  );

  it("reaches itself by its own address", async () => {
    const [a1] = scene.lab.probes();
    if (a1 === undefined) throw new Error("no probes");
    const own = scene.address("default/a1", family);
    expect(await dialOnce(a1.control, own, "tcp")).toBe(own);
  });

  it("counts hops as a router does: one to a pod of the node, two to one of another", async () => {
    expect(await ttlTo(scene.address("default/a2", family))).toBe("63");
    expect(await ttlTo(scene.address("default/b1", family))).toBe("62");
  });

  it("is told by its node when the hop limit is used up, and by the next", async () => {
    const target = scene.address("default/b1", family);
    const expired = family === 4 ? "Time to live exceeded" : "Time exceeded: Hop limit";
    const [node1, node2] = scene.lab.probes().slice(3);
    if (node1 === undefined || node2 === undefined) throw new Error("no nodes");
    for (const [ttl, node] of [
      ["1", node1],
      ["2", node2],
    ] as const) {
      const { stdout } = await inA1("ping", "-nc1", "-W2", "-t", ttl, target);
      expect(stdout).toContain(`From ${String(addressOf(node, family))} icmp_seq=1 ${expired}`);
    }
  });

  it("is told at once that nobody has an address of its node's prefix", async () => {
    const nobody = family === 4 ? "10.244.1.200" : "fd00:10:244:1::200";
    const { stdout } = await inA1("ping", "-nc1", "-W2", nobody);
    expect(stdout).toMatch(
      /From \S+ icmp_seq=1 Destination (?:Host Unreachable|unreachable: No route)/,
    );
  });

  it("is told that a host on the node's link does not answer", async () => {
    const silent = family === 4 ? "192.0.2.77" : "2001:db8::77";
    const { stdout } = await inA1("ping", "-nc1", "-w25", silent);
    expect(stdout).toMatch(
      /From \S+ icmp_seq=\d+ Destination (?:Host Unreachable|unreachable: Address unreachable)/,
    );
  });

  it("is told the MTU of a narrower route, and keeps to it", async () => {
    const narrow = family === 4 ? "10.244.2.0/24" : "fd00:10:244:2::/64";
    const route = ["ip", "route", "change", narrow, "proto", "72", "via"];
    const peer = scene.lab.probes()[4];
    const gateway = peer === undefined ? "" : String(addressOf(peer, family));
    const target = scene.address("default/b1", family);
    await onNode1(...route, gateway, "dev", "eth0", "mtu", "lock", "1300");
    try {
      const large = await inA1("ping", "-nc1", "-W2", "-s", "1350", "-M", "do", target);
      expect(large.stdout + large.stderr).toMatch(
        family === 4 ? /Frag needed and DF set \(mtu = 1300\)/ : /Packet too big: mtu=1300/,
      );
      // TCP sends a megabyte within it.
      const script = `
        const answer = await fetch(${JSON.stringify(urlOf(target, "/echo"))}, {
          method: "POST",
          body: new Uint8Array(1e6),
        });
        console.log(answer.status);`;
      const sent = await inA1(process.execPath, "--input-type=module", "-e", script);
      expect(sent.stdout).toBe("200\n");
    } finally {
      await onNode1(...route, gateway, "dev", "eth0");
    }
  });

  it("carries datagrams that have to be fragmented", async () => {
    const { stdout } = await inA1(
      "ping",
      "-nc2",
      "-i0.2",
      "-W2",
      "-s",
      "4000",
      scene.address("default/b1", family),
    );
    expect(stdout).toContain("2 received");
  });
});

describe("a pod's link", () => {
  it("does not lend it an address that is not its own", async () => {
    const address = "10.244.1.222";
    await inA1("ip", "address", "add", `${address}/32`, "dev", "lo");
    const agent = createAgentClient(agentSocketOf(scene, "node-1"));
    const drops = agent.events({ kinds: ["drops"], name: "default/a1" });
    const dropped = drops.next();
    const { stdout } = await inA1(
      "ping",
      "-nc2",
      "-i0.2",
      "-W1",
      "-I",
      address,
      scene.address("default/b1", 4),
    );
    expect(stdout).toContain("0 received");
    expect((await dropped).value).toMatchObject({
      outcome: "dropped",
      reason: "spoofedAddress",
      pod: "default/a1",
      source: { address },
      destination: { name: "default/b1" },
    });
    await drops.return();
    await inA1("ip", "address", "del", `${address}/32`, "dev", "lo");
  });

  it("answers for the gateway of either family", async () => {
    await inA1("ip", "neigh", "flush", "dev", "eth0");
    await inA1("ping", "-nc1", "-W2", scene.address("default/b1", 4));
    await inA1("ping", "-nc1", "-W2", scene.address("default/b1", 6));
    const { stdout } = await inA1("ip", "neigh", "show", "dev", "eth0");
    expect(stdout).toMatch(/169\.254\.1\.1 lladdr 02:68:65:64:64:6c/);
    expect(stdout).toMatch(/fe80::1 lladdr 02:68:65:64:64:6c/);
  });

  it("lets duplicate address detection find the gateway, and nobody else", async () => {
    for (const address of ["fe80::1/64", "fd00:10:244:1::5/128"]) {
      await inA1("ip", "address", "add", address, "dev", "eth0");
    }
    const options = { timeout: 10_000 };
    await expect.poll(() => state("fe80::1/128"), options).toBe("duplicate");
    await expect.poll(() => state("fd00:10:244:1::5/128"), options).toBe("valid");
    for (const address of ["fe80::1/64", "fd00:10:244:1::5/128"]) {
      await inA1("ip", "address", "del", address, "dev", "eth0");
    }
  });
});
