import { ipFamilies, silentLogger, systemClock } from "@heddle/contracts";
import { createRtnetlink, sysctl } from "@heddle/rtnetlink";
import { createTable } from "@heddle/tables";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGeneveTunnel, type TunnelNode } from "./index.ts";
import { transfer } from "./testing/transfer.ts";
import { createTunnelEnds, type EndEntry, type TunnelEnds } from "./testing/tunnel-ends.ts";

let ends: TunnelEnds;
beforeEach(async () => {
  ends = await createTunnelEnds();
  await ends.a.run("ip", "address", "add", "192.0.2.1/24", "dev", "eth0");
  await ends.b.run("ip", "address", "add", "192.0.2.2/24", "dev", "eth0");
  await ends.a.run("ip", "address", "add", "2001:db8::1/64", "dev", "eth0", "nodad");
  await ends.b.run("ip", "address", "add", "2001:db8::2/64", "dev", "eth0", "nodad");
});
afterEach(async () => ends[Symbol.asyncDispose]());

function entry(number: 1 | 2, underlay: 4 | 6, more: Partial<EndEntry> = {}): EndEntry {
  const n = String(number);
  return {
    addresses: [underlay === 4 ? `192.0.2.${n}` : `2001:db8::${n}`],
    prefixes: [`10.${n}.0.0/24`, `fd00:${n}::/64`],
    own: [`10.${n}.0.1`, `fd00:${n}::1`],
    ...more,
  };
}

describe.each(ipFamilies)("over IPv%i", (underlay) => {
  it.each([
    ["as it is", {}],
    ["with a cluster and outer checksums", { clusterId: 7, checksums: true }],
  ])("two ends exchange packets of both families, %s", async (_name, more) => {
    const entries = { a: entry(1, underlay, more), b: entry(2, underlay, more) };
    const a = await ends.start(ends.a, "a", entries);
    const b = await ends.start(ends.b, "b", entries);
    for (const target of ["10.2.0.1", "fd00:2::1"]) {
      for (const size of ["56", "4000"]) {
        const told = await ends.a.run("ping", "-nc2", "-i0.2", "-W2", "-s", size, target);
        expect(told).toContain("2 received");
      }
      expect(await transfer(ends, target)).toBe(String(1e6));
    }
    expect(await b.stop()).toMatchObject({
      toTunnel: expect.any(Number),
      toStack: expect.any(Number),
    });
    const counts = await a.stop();
    expect(counts["toTunnel"]).toBeGreaterThan(20);
    expect(Object.keys(counts).filter((reason) => reason.startsWith("tunnel"))).toEqual([]);
    expect(await ends.a.run("ip", "-o", "link")).not.toContain("geneve");
  });
});

it("a packet from an end that is not known is dropped, and counted", async () => {
  const entries = { a: entry(1, 4), b: entry(2, 4) };
  await ends.start(ends.a, "a", entries);
  const b = await ends.start(ends.b, "b", { b: entry(2, 4) });
  await ends.a.run("ping", "-nc1", "-W0.2", "10.2.0.1").catch(() => undefined);
  expect(await b.stop()).toMatchObject({ tunnelPeer: 1 });
});

it("refuses a device that there is not", async () => {
  await using node = createRtnetlink({ netns: ends.a.handle });
  await node.start();
  const nodes = createTable<string, TunnelNode>({ name: "nodes" });
  const deps = { node, settings: sysctl(ends.a.handle), clock: systemClock, logger: silentLogger };
  const tunnel = createGeneveTunnel(
    { ...deps, nodes$: nodes.changes$ },
    { name: "a", underlayDevice: "eth7" },
  );
  await expect(tunnel.start()).rejects.toMatchObject({ code: "no-such-device" });
  await tunnel.close();
});
