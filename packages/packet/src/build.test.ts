import { parseIpv4 } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  type AnyLayer,
  buildPacket,
  ethernet,
  findLayer,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  packet,
  PacketError,
  parsePacket,
  ports,
  sctp,
  tcp,
  udp,
} from "./index.ts";

const pair = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };
const ip = { linkType: "ip" } as const;

function failure(...layers: readonly AnyLayer[]): PacketError {
  try {
    buildPacket({ layers });
  } catch (error) {
    if (error instanceof PacketError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("what is left out", () => {
  it("gets a default, and what follows is announced", () => {
    const built = parsePacket(buildPacket(packet(ethernet(), ipv4(pair), tcp())), {
      linkType: "ethernet",
    });
    expect(built.layers).toMatchObject([
      { etherType: "ipv4", source: "00:00:00:00:00:00" },
      { protocol: "tcp", ttl: 64, totalLength: 40, headerLength: 20, options: [] },
      { window: 65_535, flags: [], headerLength: 20 },
    ]);
  });

  it.each([
    ["ethernet", packet(ethernet(), "x"), "etherType", 0x88b5],
    ["ip", packet(ipv4(), "x"), "protocol", 253],
    ["ip", packet(ipv6(), "x"), "nextHeader", 253],
  ] as const)(
    "of %s before bare payload is a number for experiments",
    (linkType, draft, field, number) => {
      expect(parsePacket(buildPacket(draft), { linkType }).layers[0]).toHaveProperty(field, number);
    },
  );

  it("is a UDP checksum of all ones where the sum is zero", () => {
    // Without data, the pseudo header and the ports alone make up the sum.
    const sourcePort = 0xffff - 17 - 8 - 8;
    const layer = findLayer(
      parsePacket(buildPacket(packet(ipv4(), udp({ sourcePort }))), ip),
      "udp",
    );
    expect(layer?.checksum).toBe(0xffff);
  });
});

describe("what is given", () => {
  it("is kept where it is wrong", () => {
    const wrong = [
      ipv4({ ...pair, totalLength: 0xffff, checksum: 1, protocol: "sctp", headerLength: 60 }),
      udp({ length: 3, checksum: 2 }),
    ] as const;
    const bytes = buildPacket({ layers: wrong });
    const view = new DataView(bytes.buffer);
    expect(bytes[0]).toBe(0x4f);
    expect(bytes[9]).toBe(132);
    expect([2, 10, 24, 26].map((offset) => view.getUint16(offset))).toEqual([0xffff, 1, 3, 2]);
  });

  it("may be flags in any order", () => {
    expect(tcp({ flags: ["ack", "syn"] }).flags).toEqual(["syn", "ack"]);
  });
});

describe("what cannot be built is refused by name", () => {
  const elevenOptions = Array.from({ length: 11 }, () => ({
    type: "maximum-segment-size" as const,
  }));

  it.each([
    [ipv4({ ttl: 256 }), "ipv4.ttl", "256 is not an integer from 0 to 255"],
    [ipv4({ ttl: -1 }), "ipv4.ttl", "-1 is not an integer from 0 to 255"],
    [ipv4({ ttl: 1.5 }), "ipv4.ttl", "1.5 is not an integer from 0 to 255"],
    [
      ipv4({ fragmentOffset: 4 }),
      "ipv4.fragmentOffset",
      "4 is not a multiple of 8 from 0 to 65528",
    ],
    [ipv4({ protocol: 256 }), "ipv4.protocol", "256 is not an integer from 0 to 255"],
    [ipv6({ flowLabel: 2 ** 20 }), "ipv6.flowLabel", "1048576 is not an integer from 0 to 1048575"],
    [
      tcp({ options: elevenOptions, checksum: 0 }),
      "tcp.headerLength",
      "64 is not a multiple of 4 from 0 to 60",
    ],
    [sctp({ checksum: 2 ** 32 }), "sctp.checksum", "4294967296 is not an integer"],
    [
      icmpv6({ type: "router-solicitation", options: [{ type: 9, data: new Uint8Array(5) }] }),
      "icmpv6.options",
      "an option of 7 bytes is not a multiple of 8 (pad its data)",
    ],
  ])("%j", (layer, subject, reason) => {
    const error = failure(layer);
    expect(error.code).toBe("invalid-field");
    expect(error.subject).toBe(subject);
    expect(error.message).toContain(reason);
  });

  it("also when the types were not checked", () => {
    const flags: unknown = ["synn"];
    const layer = { kind: "tcp", flags, checksum: 0 };
    const mistyped = { kind: "ipv4", protocol: "tpc" };
    expect(failure(layer).message).toBe('build tcp.flags: "synn" is not one of its flags');
    expect(failure(mistyped).message).toBe(
      'build ipv4.protocol: "tpc" is not a known name (give its number)',
    );
  });

  it("a layer without a codec", () => {
    expect(failure({ kind: "geneve" })).toMatchObject({ code: "unknown-layer", subject: "geneve" });
  });

  it("a layer that has no number where it stands", () => {
    expect(failure(ipv4(), icmpv6({ type: "router-solicitation", checksum: 0 })).message).toBe(
      "build ipv4: icmpv6 follows it, which has no ipv4-protocol number (give the field of ipv4 that says what follows)",
    );
    expect(failure(ipv6(), ports()).code).toBe("unknown-next-layer");
    expect(buildPacket(packet(ipv6({ nextHeader: "tcp" }), ports()))).toHaveLength(44);
  });

  it.each([
    ["no IP header is around it", [udp()]],
    ["a fragment of one", [ipv4({ moreFragments: true }), udp()]],
    ["a fragment of one", [ipv6(), ipv6Fragment({ fragmentOffset: 8 }), tcp()]],
    ["a fragment of one", [ipv4({ fragmentOffset: 8 }), sctp()]],
    ["a fragment of one", [ipv4({ moreFragments: true }), icmp({ type: "echo-reply" })]],
  ] as const)("a checksum: %s", (reason, layers) => {
    const error = failure(...layers);
    expect(error.code).toBe("checksum-unavailable");
    expect(error.message).toContain(reason);
    expect(error.message).toContain("give the checksum");
  });
});
