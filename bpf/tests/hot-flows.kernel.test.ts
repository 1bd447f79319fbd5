import { ipFamilies, type IpFamily } from "@heddle/contracts";
import { EpochSlot } from "@heddle/datapath";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tcpPacket } from "./drafts.ts";
import { gatewayMac, node, type Outcome, Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());
beforeEach(async () => scene.forgetFlows());

/**
 * Sends packets of one flow at once. They go to the node itself, since a packet that is forwarded is another
 * one afterwards, and cannot be repeated.
 */
async function send(
  family: IpFamily,
  packets: number,
  { sourcePort = 4000, sourceMac = scene.web.mac } = {},
): Promise<Outcome> {
  const { web } = scene;
  const ends = { source: web.address[family], destination: node[family] };
  const hop = { sourceMac, destinationMac: gatewayMac, ...ends };
  return await scene.run("fromPod", web.ifindex, tcpPacket(hop, "", sourcePort), {}, packets);
}

/** Packets by source port: those that the entries have counted, and those that copies still keep. */
async function countedPackets(): Promise<ReadonlyMap<number, bigint>> {
  const entries = (await scene.allFlows()).map(([key, { packets }]) => [key, packets] as const);
  const packets = new Map<number, bigint>();
  for (const [{ sourcePort }, count] of [...entries, ...(await scene.copiedPackets())]) {
    packets.set(sourcePort, (packets.get(sourcePort) ?? 0n) + count);
  }
  return packets;
}

describe.each(ipFamilies)("an IPv%i flow with many packets a jiffy", (family) => {
  it("is decided by the CPU's own copy, which counts them", async () => {
    const before = await scene.copiedPackets();
    expect(await send(family, 1000)).toMatchObject({
      verdict: "next",
      counted: ["fromPod toStack"],
    });
    expect(await scene.copiedPackets()).not.toEqual(before);
    const [[, flow] = []] = await scene.allFlows();
    expect(flow?.packets).toBeLessThan(1000n);
  });

  it("is decided anew as soon as an epoch moves", async () => {
    // Where a jiffy begins in between there is no copy to be wrong about; not in all of the rounds.
    for (let round = 0; round < 20; round++) {
      await send(family, 100);
      const routeEpoch = (scene.epochs.get(EpochSlot.routes) ?? 0) + 1;
      scene.epochs.set(EpochSlot.routes, routeEpoch);
      await send(family, 1);
      const [[, flow] = []] = await scene.allFlows();
      expect(flow).toMatchObject({ packets: 1n, routeEpoch });
    }
  });

  it("carries no packet of another MAC address", async () => {
    for (let round = 0; round < 20; round++) {
      await send(family, 100);
      const forged = await send(family, 1, { sourceMac: scene.db.mac });
      expect(forged).toMatchObject({ verdict: "drop", counted: ["fromPod spoofedMac"] });
    }
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

it("no packet is lost from the counters, however many flows share a place", async () => {
  const flows = 1500;
  const before = await countedPackets();
  for (let port = 10_000; port < 10_000 + flows; port++) {
    await send(4, 20, { sourcePort: port });
  }
  const after = await countedPackets();
  for (let port = 10_000; port < 10_000 + flows; port++) {
    expect((after.get(port) ?? 0n) - (before.get(port) ?? 0n), `port ${String(port)}`).toBe(20n);
  }
});
