import { ipFamilies, type IpFamily, type MacAddress } from "@heddle/contracts";
import { EpochSlot } from "@heddle/datapath";
import type { TcpFlag } from "@heddle/packet";
import { waitUntil } from "@heddle/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tcpPacket } from "./drafts.ts";
import { gatewayMac, node, type Outcome, Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());
beforeEach(async () => scene.forget());

/**
 * Sends packets of one connection at once. They go to the node itself, since a packet that is forwarded is another
 * one afterwards, and cannot be repeated.
 */
async function send(
  family: IpFamily,
  packets: number,
  { sourcePort = 4000, sourceMac = scene.web.mac, flags }: Sent = {},
): Promise<Outcome> {
  const { web } = scene;
  const ends = { source: web.address[family], destination: node[family] };
  const hop = { sourceMac, destinationMac: gatewayMac, ...ends };
  const draft = tcpPacket(hop, "", sourcePort, flags);
  return await scene.run("fromPod", web.ifindex, draft, {}, packets);
}

interface Sent {
  readonly sourcePort?: number;
  readonly sourceMac?: MacAddress;
  readonly flags?: readonly TcpFlag[];
}

/** Packets by source port: those that the entries have counted, and those that copies still keep. */
async function countedPackets(): Promise<ReadonlyMap<number, bigint>> {
  const entries = (await scene.allConnections()).map(
    ({ original, packets }) => [original, BigInt(packets.original)] as const,
  );
  const packets = new Map<number, bigint>();
  for (const [{ sourcePort }, count] of [...entries, ...(await scene.copiedPackets())]) {
    packets.set(sourcePort, (packets.get(sourcePort) ?? 0n) + count);
  }
  return packets;
}

describe.each(ipFamilies)("an IPv%i connection with many packets a jiffy", (family) => {
  it("is decided by the CPU's own copy, which counts them", async () => {
    const before = await scene.copiedPackets();
    expect(await send(family, 1000)).toMatchObject({
      verdict: "next",
      counted: ["fromPod toStack"],
    });
    expect(await scene.copiedPackets()).not.toEqual(before);
    const { original } = await scene.decided();
    expect(original.packets).toBeLessThan(1000n);
  });

  it("is decided anew as soon as an epoch moves", async () => {
    // Where a jiffy begins in between there is no copy to be wrong about; not in all of the rounds.
    for (let round = 0; round < 20; round++) {
      await send(family, 100);
      const routeEpoch = (scene.epochs.get(EpochSlot.routes) ?? 0) + 1;
      scene.epochs.set(EpochSlot.routes, routeEpoch);
      const before = await scene.decided();
      await send(family, 1);
      const { original } = await scene.decided();
      // The node is no endpoint and counts as routes; the pod's own epoch is 0.
      expect(original.epochs).toBe(2 * routeEpoch);
      expect(original.packets).toBe(before.original.packets + 1n);
    }
  });

  it("carries no packet of another MAC address", async () => {
    for (let round = 0; round < 20; round++) {
      await send(family, 100);
      const forged = await send(family, 1, { sourceMac: scene.db.mac });
      expect(forged).toMatchObject({ verdict: "drop", counted: ["fromPod spoofedMac"] });
    }
  });

  it("ends for the entry by the packet that ends it", async () => {
    for (let round = 0; round < 20; round++) {
      await scene.forget();
      await send(family, 100);
      await send(family, 1, { flags: ["rst"] });
      expect(await scene.allConnections()).toMatchObject([{ state: "closing" }]);
    }
  });

  it("lives on by its packets, although few meet the entry", async () => {
    await send(family, 100);
    const [before] = await scene.allConnections();
    const after = await waitUntil("a packet in a later jiffy", async () => {
      await send(family, 100);
      const [now] = await scene.allConnections();
      return now !== undefined && now.expires > (before?.expires ?? 0) ? now : undefined;
    });
    expect(after.state).toBe("established");
  });

  it("is cut at once when its pod goes", async () => {
    for (let round = 0; round < 20; round++) {
      await send(family, 100);
      scene.endpoints.delete(scene.web.address[family]);
      scene.epochs.set(scene.web.slot, 1);
      const cut = await send(family, 100);
      scene.epochs.set(scene.web.slot, 0);
      scene.addEndpoint(scene.web);
      expect(cut).toMatchObject({ verdict: "drop", counted: ["fromPod spoofedAddress"] });
    }
  });
});

it("no packet is lost from the counters, however many connections share a place", async () => {
  const connections = 1500;
  const before = await countedPackets();
  for (let port = 10_000; port < 10_000 + connections; port++) {
    await send(4, 20, { sourcePort: port });
  }
  const after = await countedPackets();
  for (let port = 10_000; port < 10_000 + connections; port++) {
    expect((after.get(port) ?? 0n) - (before.get(port) ?? 0n), `port ${String(port)}`).toBe(20n);
  }
});
