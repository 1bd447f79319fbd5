import { identity, parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import {
  type AnyLayer,
  buildPacket,
  describePacket,
  ethernet,
  ipv4,
  ipv6,
  matchPacket,
  packet,
  type PacketDraft,
  PacketError,
  parsePacket,
  type Selector,
  standardCodecs,
  createProtocols,
  tcp,
  udp,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import {
  type Geneve,
  geneve,
  geneveCodec,
  geneveProtocols,
  heddleOptionClass,
  isCriticalOption,
  type TunnelLayer,
} from "./index.ts";

const underlay = {
  source: parseIpv4("192.0.2.1"),
  destination: parseIpv4("192.0.2.2"),
  dontFragment: true,
};
const underlay6 = { source: parseIpv6("2001:db8::1"), destination: parseIpv6("2001:db8::2") };
const pods = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const pods6 = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };
const frame = ethernet({
  source: parseMac("02:00:00:00:00:01"),
  destination: parseMac("02:00:00:00:00:02"),
});
const transport = udp({ sourcePort: 50_000, checksum: 0 });

interface Row {
  readonly name: string;
  readonly draft: PacketDraft;
  /** As Scapy 2.7 writes it. */
  readonly hex: string;
  readonly line: string;
}

const rows: readonly Row[] = [
  {
    name: "a frame over IPv4",
    draft: packet(
      ipv4(underlay),
      transport,
      geneve({ vni: 0x12_3456 }),
      frame,
      ipv4(pods),
      tcp({ sourcePort: 34_512, destinationPort: 80, flags: ["syn"] }),
    ),
    hex: "4500005a000040004011b68fc0000201c0000202c35017c100460000000065581234560002000000000202000000000108004500002800000000400663c50a0001050a00020786d0005000000000000000005002ffff11b70000",
    line: "192.0.2.1:50000 > 192.0.2.2:6081 UDP / Geneve VNI 1193046 / 10.0.1.5:34512 > 10.0.2.7:80 TCP SYN",
  },
  {
    name: "an IPv4 packet with cluster and service",
    draft: packet(
      ipv4(underlay),
      transport,
      geneve({
        vni: 7,
        options: [
          { type: "cluster-id", clusterId: 3 },
          { type: "dsr-ipv4", address: parseIpv4("203.0.113.9"), port: 443 },
        ],
      }),
      ipv4(pods),
      udp({ sourcePort: 5, destinationPort: 53 }),
      "hi",
    ),
    hex: "45000056000040004011b693c0000201c0000202c35017c1004200000540080000000700ff48810100000003ff488202cb00710901bb00004500001e00000000401163c40a0001050a00020700050035000a802b6869",
    line: "192.0.2.1:50000 > 192.0.2.2:6081 UDP / Geneve VNI 7, cluster 3, service 203.0.113.9:443 / 10.0.1.5:5 > 10.0.2.7:53 UDP length 2",
  },
  {
    name: "a control packet of IPv6 over IPv6 with unknown options",
    draft: packet(
      ipv6(underlay6),
      udp({ sourcePort: 50_000 }),
      geneve({
        vni: 0xff_ffff,
        control: true,
        options: [
          { type: "dsr-ipv6", address: parseIpv6("2001:db8::53"), port: 53 },
          { type: 0, class: 0x0102, data: Uint8Array.of(0xde, 0xad, 0xbe, 0xef) },
          { type: 0x7f, class: 0x0101 },
        ],
      }),
      ipv6(pods6),
      udp({ sourcePort: 5, destinationPort: 53 }),
      "hi",
    ),
    hex: "600000000066114020010db800000000000000000000000120010db8000000000000000000000002c35017c10066f89b09c086ddffffff00ff48830520010db80000000000000000000000530035000001020001deadbeef01017f0060000000000a1140fd000000000000000000000000000001fd00000000000000000000000000000200050035000a9d326869",
    line: "[2001:db8::1]:50000 > [2001:db8::2]:6081 UDP / Geneve VNI 16777215, control, service [2001:db8::53]:53, option 0x0102:0x00, option 0x0101:0x7f / [fd00::1]:5 > [fd00::2]:53 UDP length 2",
  },
];

describe("the bytes", () => {
  it.each(rows)("of $name", ({ draft, hex, line }) => {
    const bytes = buildPacket(draft, geneveProtocols);
    expect(Buffer.from(bytes).toString("hex")).toBe(hex);
    const parsed = parsePacket(Buffer.from(hex, "hex"), {
      linkType: "ip",
      protocols: geneveProtocols,
    });
    expect(matchPacket(parsed, draft, geneveProtocols)).toEqual([]);
    expect(describePacket(parsed, geneveProtocols)).toBe(line);
  });
});

/** The packet that is a tunnel header of these bytes, of which `missing` more were not captured. */
function parseHeader(hex: string, missing = 0) {
  const payload = Buffer.from(hex, "hex");
  const length = 28 + payload.length + missing;
  const bytes = buildPacket(
    packet(
      ipv4({ ...underlay, totalLength: length }),
      udp({ destinationPort: 6081, length: length - 20, checksum: 0 }),
      payload,
    ),
  );
  return parsePacket(bytes, {
    linkType: "ip",
    protocols: geneveProtocols,
    originalLength: length,
  });
}

function geneveOf(layers: readonly TunnelLayer[]): Geneve | undefined {
  return layers.find((layer) => layer.kind === "geneve");
}

describe("a header that is wrong", () => {
  it.each([
    ["is truncated", "00000800000007", "it needs 8 bytes, 7 are there", false],
    ["has another version", "4000080000000700", "version 1 instead of 0", false],
    [
      "has options beyond the end",
      "3f00080000000700ff480000",
      "it needs 260 bytes, 12 are there",
      false,
    ],
    [
      "has an option beyond its options",
      "0100080000000700ff480001aaaaaaaa",
      "the last option has 8 bytes, 4 of the options are left",
      true,
    ],
    [
      "has a critical option and no C bit",
      "0100080000000700ff488000",
      "an option is critical, and the header says that none is",
      true,
    ],
    [
      "has the C bit and no critical option",
      "0140080000000700ff480000",
      "the header says that an option is critical, and none is",
      true,
    ],
    [
      "has the C bit and no option",
      "0040080000000700",
      "the header says that an option is critical, and none is",
      true,
    ],
  ])("%s", (_name, hex, reason, readable) => {
    const parsed = parseHeader(hex);
    expect(parsed.problem).toEqual({ layer: "geneve", offset: 28, reason });
    expect(geneveOf(parsed.layers)?.vni).toBe(readable ? 7 : undefined);
    expect(Buffer.from(buildPacket(parsed, geneveProtocols).subarray(28)).toString("hex")).toBe(
      hex,
    );
  });
});

describe("a header", () => {
  it("has reserved bits that are ignored and kept", () => {
    const parsed = parseHeader("023f080000000799ff4800e1aaaaaaaa");
    expect(parsed.problem?.layer).not.toBe("geneve");
    expect(geneveOf(parsed.layers)).toMatchObject({
      reserved: 0x3f,
      reservedEnd: 0x99,
      options: [{ type: 0, class: heddleOptionClass, reserved: 7 }],
    });
  });

  it("of 252 bytes of options is the longest", () => {
    const data = new Uint8Array(124);
    const options = [
      { type: 1, data },
      { type: 2, data: data.subarray(8) },
      { type: 3, class: 0x0101 },
    ];
    expect(headerBytes({ options })).toHaveLength(260);
    const longer = [...options, { type: 4 }];
    expect(() => headerBytes({ options: longer })).toThrow(
      "build geneve.optionsLength: 256 is not a multiple of 4 from 0 to 252",
    );
  });

  it.each([
    [
      "a VNI of 25 bits",
      { vni: 2 ** 24 },
      "geneve.vni: 16777216 is not an integer from 0 to 16777215",
    ],
    ["a negative VNI", { vni: -1 }, "geneve.vni: -1 is not"],
    ["7 reserved bits", { reserved: 64 }, "geneve.reserved: 64 is not"],
    [
      "an option of 3 bytes",
      { options: [{ type: 1, data: new Uint8Array(3) }] },
      "geneve.options.length: 3 is not a multiple of 4 from 0 to 124",
    ],
    [
      "an option of 128 bytes",
      { options: [{ type: 1, data: new Uint8Array(128) }] },
      "geneve.options.length: 128 is not",
    ],
    ["an option type of 9 bits", { options: [{ type: 256 }] }, "geneve.options.type: 256 is not"],
    [
      "a cluster id of 17 bits",
      { options: [{ type: "cluster-id" as const, clusterId: 65_536 }] },
      "geneve.options.clusterId: 65536 is not",
    ],
  ])("is not built from %s", (_name, fields, message) => {
    expect(() => headerBytes(fields)).toThrow(PacketError);
    expect(() => headerBytes(fields)).toThrow(message);
  });

  it("keeps a C bit that is given, also where it is wrong", () => {
    expect(headerBytes({ critical: true })[1]).toBe(0x40);
    expect(headerBytes({ critical: false, options: [{ type: "cluster-id" }] })[1]).toBe(0);
    expect(headerBytes({ options: [{ type: "cluster-id" }] })[1]).toBe(0x40);
  });

  it("of a capture that ends among the options still has the VNI and the options before", () => {
    const parsed = parseHeader("0440080000000700ff48810100000003ff48", 100);
    expect(parsed.problem).toBeUndefined();
    expect(geneveOf(parsed.layers)).toMatchObject({
      vni: 7,
      options: [{ type: "cluster-id", clusterId: 3 }],
      optionTail: Uint8Array.of(0xff, 0x48),
    });
  });

  it("appears on another port by value", () => {
    const follows: readonly Selector[] = [{ space: "udp-port", value: 8472 }];
    const protocols = createProtocols<TunnelLayer>([
      ...standardCodecs,
      { ...geneveCodec, follows },
    ]);
    const bytes = buildPacket(
      packet(ipv4(underlay), udp(), geneve({ vni: 9 }), ipv4(pods)),
      protocols,
    );
    const { layers } = parsePacket(bytes, { linkType: "ip", protocols });
    expect(layers.map(({ kind }: AnyLayer) => kind)).toEqual(["ipv4", "udp", "geneve", "ipv4"]);
    expect(layers[1]).toMatchObject({ destinationPort: 8472 });
  });
});

function headerBytes(fields: Parameters<typeof geneve>[0]): Uint8Array {
  return buildPacket(packet(geneve(fields)), geneveProtocols);
}

describe("an option", () => {
  it("of Heddle's class and another length than its type has is unknown", () => {
    const parsed = parseHeader("0140080000000700ff488100");
    expect(geneveOf(parsed.layers)?.options).toEqual([
      { type: 0x81, class: heddleOptionClass, reserved: 0, data: new Uint8Array() },
    ]);
  });

  it("of another class is unknown although the type's number is known", () => {
    const parsed = parseHeader("02400800000007000000810100000003");
    expect(geneveOf(parsed.layers)?.options).toMatchObject([{ type: 0x81, class: 0 }]);
  });

  it("is critical by the highest bit of its type", () => {
    expect(isCriticalOption({ type: 0x80 })).toBe(true);
    expect(isCriticalOption({ type: 0x7f })).toBe(false);
    expect(isCriticalOption({ type: "cluster-id" })).toBe(true);
  });

  it("carries any identity in the VNI", () => {
    const bytes = headerBytes({ vni: identity(0xff_fffe) });
    expect([...bytes.subarray(4, 7)]).toEqual([0xff, 0xff, 0xfe]);
  });
});
