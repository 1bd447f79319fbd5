import * as fc from "fast-check";
import { interfaceIndex, parseIp, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { devices, macs, u32s, unknowns } from "../../test/arbitraries.ts";
import { bytes, checkTotality, rewritten, unsafeCuts } from "../../test/codec-laws.ts";
import { bridgeData, vethMessage, vxlanData } from "../../test/link-messages.ts";
import { bridgeCodec, vxlanCodec } from "./kinds.ts";
import { linkFromBody } from "./link.ts";
import { linkChangesToBodies, linkSpecToBody } from "./link-spec.ts";
import { type LinkAttributes, linkCodec, vethCodec } from "./wire.ts";

const headerSize = 16;
const captured = bytes(vethMessage, "base64");

describe("links on the wire", () => {
  it("are read", () => {
    const { statistics, unknown, ...link } = linkFromBody(linkCodec.decode(captured));
    expect(link).toEqual({
      index: interfaceIndex(3),
      name: "v0",
      alternativeNames: ["a-second-name"],
      kind: "veth",
      type: "ether",
      up: true,
      flags: ["up", "broadcast", "running", "multicast", "lower-up"],
      operationalState: "up",
      mtu: 1500,
      group: 0,
      carrier: true,
      minimumMtu: 68,
      maximumMtu: 65_535,
      address: parseMac("02:00:00:00:00:01"),
      broadcast: parseMac("ff:ff:ff:ff:ff:ff"),
      alias: "of a test",
      link: interfaceIndex(2),
      queueDiscipline: "noqueue",
      queueLength: 1000,
      sendQueues: 2,
      receiveQueues: 2,
      gsoMaxSize: 65_536,
      gsoMaxSegments: 65_535,
      groMaxSize: 65_536,
      gsoIpv4MaxSize: 65_536,
      groIpv4MaxSize: 65_536,
      tsoMaxSize: 524_280,
      tsoMaxSegments: 65_535,
      promiscuity: 0,
      carrierChanges: 2,
      addressGeneration: "eui64",
    });
    expect(statistics).toMatchObject({
      receivedPackets: 1n,
      sentPackets: 2n,
      receivedBytes: 90n,
      sentBytes: 132n,
      receiveOtherHostDropped: 0n,
    });
    // IFLA_LINKMODE, for one.
    expect(unknown).toMatchObject({ "#17": Uint8Array.of(0) });
  });

  it("are written back to the same bytes", () => {
    expect(rewritten(linkCodec, captured)).toEqual(captured);
  });

  it("are safe when cut short", () => {
    expect(unsafeCuts(linkCodec, captured, headerSize)).toEqual([]);
  });

  it("are safe whatever they are", () => {
    expect(() => checkTotality(linkCodec, headerSize)).not.toThrow();
  });

  it("are the same after writing and reading", () => {
    const header = fc.record({
      family: fc.nat(0xff),
      type: fc.nat(0xffff),
      index: devices,
      flags: u32s,
      change: u32s,
    });
    fc.assert(
      fc.property(header, attributes(), unknowns, (fixed, named, unknown) => {
        const body = { header: fixed, attributes: { ...named, ...unknown } };
        expect(linkCodec.decode(linkCodec.encode(body))).toEqual(body);
      }),
    );
  });

  it("have as many counters as the kernel knows", () => {
    const older = linkFromBody({
      header: { family: 0, type: 1, index: 1, flags: 0, change: 0 },
      attributes: { counters: [1n, 2n] },
    });
    expect(older.statistics).toMatchObject({ receivedPackets: 1n, receivedBytes: 0n });
  });

  it("of hardware have no kind, and without an Ethernet address none", () => {
    const tunnel = linkFromBody({
      header: { family: 0, type: 768, index: 1, flags: 0x80_0000, change: 0 },
      attributes: { name: "tunl0", "#1": Uint8Array.of(0, 0, 0, 0) },
    });
    expect(tunnel).toMatchObject({ type: "tunnel", flags: [0x80_0000], up: false });
    expect("kind" in tunnel || "address" in tunnel).toBe(false);
  });
});

describe("the settings of kinds", () => {
  it("are read of a bridge", () => {
    expect(bridgeCodec.decode(bytes(bridgeData))).toMatchObject({
      forwardDelay: 1500,
      helloTime: 200,
      maxAge: 2000,
      ageingTime: 100,
      stpState: 0,
      priority: 77,
      vlanFiltering: false,
      multicastSnooping: true,
    });
  });

  it("are read of a VXLAN device", () => {
    expect(vxlanCodec.decode(bytes(vxlanData))).toMatchObject({
      id: 7,
      remote: parseIp("10.0.0.2"),
      link: interfaceIndex(3),
      port: 4789,
      learning: true,
      collectMetadata: false,
      sourcePorts: { first: 0, last: 0 },
    });
  });

  it.each([
    ["bridge", bridgeCodec, bridgeData],
    ["vxlan", vxlanCodec, vxlanData],
  ] as const)("are written back to the same bytes: %s", (kind, codec, data) => {
    const written = codec.encode(codec.decode(bytes(data)), kind);
    expect(Buffer.from(written)).toEqual(Buffer.from(bytes(data)));
  });

  it("of others are kept as they are", () => {
    const data = Uint8Array.of(8, 0, 1, 0, 7, 0, 0, 0);
    const body = linkSpecToBody({ name: "w0", kind: "vrf", kindData: data });
    const link = linkFromBody({ ...body, header: { ...body.header, index: 1 } });
    expect(link).toMatchObject({ kind: "vrf", kindData: data });
  });
});

describe("requests about links", () => {
  it("make a veth pair with all that the peer can have", () => {
    const body = linkSpecToBody({
      name: "v0",
      kind: "veth",
      up: true,
      mtu: 1400,
      peer: { name: "v1", mtu: 1300, address: parseMac("02:00:00:00:00:01"), group: 7 },
    });
    expect(body.header).toMatchObject({ flags: 1, change: 1 });
    expect(body.attributes).toMatchObject({ name: "v0", mtu: 1400, info: { kind: "veth" } });
    const { peer } = vethCodec.decode(body.attributes.info?.data ?? new Uint8Array());
    expect(peer?.header).toMatchObject({ flags: 0, change: 0 });
    expect(peer?.attributes).toEqual({
      name: "v1",
      mtu: 1300,
      address: parseMac("02:00:00:00:00:01"),
      group: 7,
    });
  });

  it("set the address generation mode before the device is up", () => {
    const bodies = linkChangesToBodies("v0", { up: true, addressGeneration: "none", mtu: 1300 });
    expect(bodies).toMatchObject([
      {
        header: { change: 0 },
        attributes: { name: "v0", mtu: 1300, families: { inet6: { addressGeneration: "none" } } },
      },
      { header: { flags: 1, change: 1 }, attributes: { name: "v0" } },
    ]);
  });

  it.each([
    ["leave the master", { master: null }, { master: 0 }],
    ["remove the alias", { alias: "" }, { alias: "" }],
  ])("%s", (_, changes, attributes_) => {
    expect(linkChangesToBodies(interfaceIndex(3), changes)).toMatchObject([
      { header: { index: 3, change: 0 }, attributes: attributes_ },
    ]);
  });

  it("select a device by its alternative name where the name is too long for another", () => {
    const [body] = linkChangesToBodies("sixteen-letters-", { up: false });
    expect(body).toMatchObject({
      header: { flags: 0, change: 1 },
      attributes: { alternativeName: "sixteen-letters-" },
    });
  });

  it.each([
    [{ kind: "bridge", peer: { name: "v1" } }, "peer: it is a setting of the kind veth"],
    [{ kind: "veth", vxlan: { id: 7 } }, "vxlan: it is a setting of the kind vxlan"],
    [{ kind: "dummy", bridge: {} }, "bridge: it is a setting of the kind bridge"],
  ])("do not give a kind another's settings: %j", (spec, reason) => {
    expect(() => linkSpecToBody({ name: "d0", ...spec })).toThrow(reason);
  });

  it("name what is wrong with the peer, by the kind of the device", () => {
    const body = linkSpecToBody({ name: "v0", kind: "veth", peer: { name: "v1", mtu: 1 } });
    const wire = linkCodec.encode(body);
    expect(linkCodec.nameAt(wire, wire.length - 8)).toBe("info.data.peer.mtu");
    const vxlan = linkCodec.encode(
      linkSpecToBody({ name: "x0", kind: "vxlan", vxlan: { id: 1, port: 4789 } }),
    );
    expect(linkCodec.nameAt(vxlan, vxlan.length - 8)).toBe("info.data.port");
    const other = linkCodec.encode(
      linkSpecToBody({ name: "x0", kind: "vrf", kindData: Uint8Array.of(4, 0, 1, 0) }),
    );
    expect(linkCodec.nameAt(other, other.length - 4)).toBe("info.data.vrf");
    expect(linkCodec.nameAt(other, headerSize + 12)).toBe("info.kind");
  });
});

function attributes(): fc.Arbitrary<LinkAttributes> {
  const texts = fc.string({ maxLength: 15 }).filter((text) => !text.includes("\0"));
  const info = fc.record(
    { kind: texts, data: fc.uint8Array({ maxLength: 9 }) },
    { requiredKeys: ["kind"] },
  );
  return fc.record(
    {
      address: macs,
      name: texts,
      mtu: u32s,
      link: devices,
      master: u32s,
      operationalState: fc.constantFrom("up" as const, "dormant" as const),
      info,
      alias: texts,
      counters: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 30 }),
      families: fc.constant({ inet6: { addressGeneration: "none" as const } }),
      carrier: fc.boolean(),
      linkNetnsId: fc.integer({ min: -1, max: 9 }),
      alternativeNames: fc.array(texts, { maxLength: 3 }),
      groIpv4MaxSize: u32s,
    },
    { requiredKeys: [] },
  );
}
