import { type IpAddress, ipFamilies, ipFamily, parseIp, parseMac } from "@heddle/contracts";
import { NexthopKind, Scope } from "@heddle/conntrack/bpf";
import { matchPacket } from "@heddle/packet";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { echoPacket, type Hop, tcpPacket } from "./drafts.ts";
import {
  absentPod,
  addNeighbour,
  gatewayMac,
  narrow,
  node,
  outside,
  peer,
  remotePod,
  router,
  Scene,
  silent,
} from "./scene.ts";

let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());
beforeEach(async () => scene.forget());

/** From the pod `web` to an address, as the pod sends it. */
function fromWeb(destination: IpAddress, ttl = 64): Hop {
  const source = scene.web.address[ipFamily(destination)];
  return { sourceMac: scene.web.mac, destinationMac: gatewayMac, source, destination, ttl };
}

const run = (draft: Parameters<Scene["run"]>[2], context = {}) =>
  scene.run("fromPod", scene.web.ifindex, draft, context);

describe.each(ipFamilies)("IPv%i from a pod", (family) => {
  it("goes straight into a pod of the same node, one hop further", async () => {
    const hop = fromWeb(scene.db.address[family]);
    const result = await run(tcpPacket(hop));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod toPod"] });
    const rewritten = { ...hop, sourceMac: gatewayMac, destinationMac: scene.db.mac, ttl: 63 };
    expect(matchPacket(result.packet, tcpPacket(rewritten))).toEqual([]);
    const { original, reply } = await scene.decided();
    expect(original).toMatchObject({
      kind: NexthopKind.pod,
      egressIfindex: scene.db.ifindex,
      mac: scene.web.mac,
      mtu: 1500,
    });
    expect(reply).toMatchObject({ mac: scene.db.mac, hook: 0 });
  });

  it.each([
    ["a pod of another node by that node", remotePod, peer],
    ["the outside by the default gateway", outside, router],
    ["a neighbour on the link by itself", peer, peer],
  ])("goes to %s", async (_name, destination, gateway) => {
    const hop = fromWeb(destination[family]);
    const result = await run(tcpPacket(hop));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod toNeighbour"] });
    expect(matchPacket(result.packet, tcpPacket({ ...hop, ttl: 63 }))).toEqual([]);
    expect(await scene.decided()).toMatchObject({
      original: { kind: NexthopKind.neighbour, egressIfindex: scene.uplink, mtu: 1500 },
      gateway: gateway[family],
    });
  });

  it("goes up the stack to the node itself, untouched", async () => {
    const hop = fromWeb(node[family], 1);
    const result = await run(echoPacket(hop));
    expect(result).toMatchObject({ verdict: "next", counted: ["fromPod toStack"] });
    expect(matchPacket(result.packet, echoPacket(hop))).toEqual([]);
  });

  it("is left to the stack where it needs an ICMP error", async () => {
    const expired = await run(tcpPacket(fromWeb(remotePod[family], 1)));
    expect(expired).toMatchObject({ verdict: "next", counted: ["fromPod ttlExpired"] });
    const nowhere = await run(tcpPacket(fromWeb(absentPod[family])));
    expect(nowhere).toMatchObject({ verdict: "next", counted: ["fromPod noRoute"] });
    expect(await scene.entries()).toEqual([]);
    const large = await run(tcpPacket(fromWeb(narrow[family]), "x".repeat(1300)));
    expect(large).toMatchObject({ verdict: "next", counted: ["fromPod tooBig"] });
    // It goes on in fragments, or its sender is told about it: that is one of the connection's packets.
    expect(await scene.decided()).toMatchObject({ original: { packets: 1n } });
  });

  it("fits exactly up to the MTU of its route", async () => {
    const overhead = family === 4 ? 40 : 60;
    const hop = fromWeb(narrow[family]);
    const fitting = await run(tcpPacket(hop, "x".repeat(1280 - overhead)));
    expect(fitting.counted).toEqual(["fromPod toNeighbour"]);
    const larger = await run(tcpPacket(hop, "x".repeat(1281 - overhead)));
    expect(larger.counted).toEqual(["fromPod tooBig"]);
  });

  it("is measured by its segments when the device will cut it up", async () => {
    const hop = fromWeb(narrow[family]);
    const overhead = family === 4 ? 40 : 60;
    const large = tcpPacket(hop, "x".repeat(3000));
    const fitting = await run(large, { gsoSize: 1280 - overhead, gsoSegs: 3 });
    expect(fitting.counted).toEqual(["fromPod toNeighbour"]);
    const larger = await run(large, { gsoSize: 1281 - overhead, gsoSegs: 3 });
    expect(larger.counted).toEqual(["fromPod tooBig"]);
  });

  it("is dropped when its addresses are not the pod's, or lead nowhere", async () => {
    const hop = fromWeb(remotePod[family]);
    const forgedMac = parseMac("02:00:00:00:00:99");
    const rows = [
      [{ ...hop, source: scene.db.address[family] }, "spoofedAddress"],
      [{ ...hop, source: outside[family] }, "spoofedAddress"],
      [{ ...hop, sourceMac: forgedMac }, "spoofedMac"],
      [fromWeb(parseIp(family === 4 ? "224.0.0.251" : "ff02::fb")), "multicast"],
    ] as const;
    for (const [forged, reason] of rows) {
      const result = await run(tcpPacket(forged));
      expect(result).toMatchObject({ verdict: "drop", counted: [`fromPod ${reason}`] });
    }
    expect(await scene.entries()).toEqual([]);
  });
});

/** Sends the first packet of a flow. */
async function established(destination = remotePod[4]): Promise<Hop> {
  const hop = fromWeb(destination);
  await run(tcpPacket(hop));
  return hop;
}

/** Makes what was decided older than it is. */
async function age(jiffies: number): Promise<void> {
  for (const [key, entry] of await scene.entries()) {
    const way = entry.way.map((each) => ({ ...each, made: (each.made - jiffies) >>> 0 }));
    scene.connections.set(key, { ...entry, way });
  }
}

describe.each(ipFamilies)("IPv%i to a neighbour that is not resolved", (family) => {
  it("is sent all the same, which makes the kernel ask for it", async () => {
    const hop = fromWeb(silent[family]);
    for (const packets of [1n, 2n]) {
      const result = await run(tcpPacket(hop));
      expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod toNeighbour"] });
      expect(matchPacket(result.packet, tcpPacket({ ...hop, ttl: 63 }))).toEqual([]);
      expect(await scene.decided()).toMatchObject({
        original: { packets, kind: NexthopKind.unresolved, mtu: 1500 },
        gateway: silent[family],
      });
    }
  });

  it("is left to the stack after a while, which tells the pod", async () => {
    const hop = fromWeb(silent[family]);
    await run(tcpPacket(hop));
    await age(1001);
    const result = await run(tcpPacket(hop));
    expect(result).toMatchObject({ verdict: "next", counted: ["fromPod noNeighbour"] });
    expect(matchPacket(result.packet, tcpPacket(hop))).toEqual([]);
    // As after the lifetime of any entry, it is tried once more.
    await age(9000);
    expect(await run(tcpPacket(hop))).toMatchObject({ counted: ["fromPod toNeighbour"] });
  });

  it("is left to the stack for what needs an ICMP error of its own", async () => {
    await run(tcpPacket(fromWeb(silent[family])));
    const expired = await run(tcpPacket(fromWeb(silent[family], 1)));
    expect(expired).toMatchObject({ verdict: "next", counted: ["fromPod ttlExpired"] });
  });

  it("becomes a flow like any other when the neighbour is known", async () => {
    const hop = fromWeb(silent[family]);
    await run(tcpPacket(hop));
    await age(1001);
    await addNeighbour(scene.netns, scene.uplink, silent[family]);
    try {
      expect(await run(tcpPacket(hop))).toMatchObject({ counted: ["fromPod toNeighbour"] });
      const { original } = await scene.decided();
      expect(original).toMatchObject({ packets: 2n, kind: NexthopKind.neighbour });
    } finally {
      await scene.netns.rtnetlink.neighbours.delete({
        device: scene.uplink,
        destination: silent[family],
      });
    }
  });
});

it.each(ipFamilies)("IPv%i goes by the rules for its ports", async (family) => {
  const option = `-${String(family)}`;
  const rule = ["rule", "add", "ipproto", "6", "dport", "80", "lookup", "100"];
  const length = family === 4 ? "32" : "128";
  const target = `${remotePod[family]}/${length}`;
  await scene.netns.run(
    "ip",
    option,
    "route",
    "add",
    target,
    "via",
    router[family],
    "table",
    "100",
  );
  await scene.netns.run("ip", option, ...rule);
  try {
    await run(tcpPacket(fromWeb(remotePod[family])));
    expect((await scene.decided()).gateway).toBe(router[family]);
    await scene.forget();
    await run(echoPacket(fromWeb(remotePod[family])));
    expect((await scene.decided()).gateway).toBe(peer[family]);
  } finally {
    await scene.netns.run("ip", option, "rule", "delete", "lookup", "100");
    await scene.netns.run("ip", option, "route", "flush", "table", "100");
  }
});

describe("an established flow from a pod", () => {
  it("is decided by its entry: no change of routes is noticed before the epoch moves", async () => {
    const hop = await established();
    await scene.netns.run("ip", "route", "add", "10.244.2.7/32", "via", router[4]);
    try {
      await run(tcpPacket(hop));
      const before = await scene.decided();
      expect(before).toMatchObject({ gateway: peer[4], original: { packets: 2n } });
      scene.epochs.set(0, (scene.epochs.get(0) ?? 0) + 1);
      await run(tcpPacket(hop));
      const after = await scene.decided();
      expect(after).toMatchObject({ gateway: router[4], original: { packets: 3n } });
    } finally {
      await scene.netns.run("ip", "route", "del", "10.244.2.7/32");
    }
  });

  it("counts its packets and their bytes", async () => {
    const hop = await established();
    await run(tcpPacket(hop));
    const { key, original } = await scene.decided();
    expect(key).toEqual({
      address: [scene.web.address[4], remotePod[4]],
      port: [4000, 80],
      protocol: 6,
      scope: Scope.connection,
    });
    expect(original).toMatchObject({ packets: 2n, bytes: 90n, ingressIfindex: scene.web.ifindex });
  });

  it("is decided anew when its pod's epoch moved, and cut when the pod is gone", async () => {
    const hop = await established(scene.db.address[4]);
    scene.endpoints.delete(scene.db.address[4]);
    scene.epochs.set(scene.db.slot, 1);
    try {
      const result = await run(tcpPacket(hop));
      expect(result).toMatchObject({ verdict: "next", counted: ["fromPod noRoute"] });
    } finally {
      scene.epochs.set(scene.db.slot, 0);
      scene.addEndpoint(scene.db);
    }
  });

  it("does not carry another pod's packets", async () => {
    const hop = await established();
    const forged = await scene.run("fromPod", scene.db.ifindex, tcpPacket(hop));
    expect(forged).toMatchObject({ verdict: "drop", counted: ["fromPod spoofedAddress"] });
    const otherMac = await run(tcpPacket({ ...hop, sourceMac: scene.db.mac }));
    expect(otherMac).toMatchObject({ verdict: "drop", counted: ["fromPod spoofedMac"] });
  });

  it("takes up no frame that is not for the gateway", async () => {
    const others = [scene.db.mac, parseMac("ff:ff:ff:ff:ff:ff")];
    const refuseAll = async () => {
      for (const destinationMac of others) {
        const result = await run(tcpPacket({ ...fromWeb(remotePod[4]), destinationMac }));
        expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod otherHost"] });
      }
    };
    await refuseAll();
    await established();
    await refuseAll();
  });

  it("leaves a packet that needs an ICMP error to the stack", async () => {
    const hop = await established();
    const expired = await run(tcpPacket({ ...hop, ttl: 1 }));
    expect(expired).toMatchObject({ verdict: "next", counted: ["fromPod ttlExpired"] });
    const large = await run(tcpPacket(hop, "x".repeat(1461)));
    expect(large).toMatchObject({ verdict: "next", counted: ["fromPod tooBig"] });
  });
});
