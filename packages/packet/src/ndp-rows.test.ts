import { parseIpv6, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  buildPacket,
  findLayer,
  type Icmpv6,
  icmpv6,
  ipv6,
  type LayerFields,
  matchPacket,
  type NdpOption,
  packet,
  PacketError,
  parsePacket,
} from "./index.ts";

const ip = ipv6({ source: parseIpv6("fe80::1"), destination: parseIpv6("ff02::1"), hopLimit: 255 });
const mac = parseMac("02:00:00:00:00:01");
const prefix = parseIpv6("fd00:7::");
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hexOf = (data: Uint8Array) => Buffer.from(data).toString("hex");

/** Where the message begins in a packet that has an IPv6 header only, and the options in a router advertisement. */
const messageOffset = 40;
const optionOffset = messageOffset + 16;

/** By the layouts of the RFCs that define the options. */
const options: readonly (readonly [string, string, NdpOption])[] = [
  [
    "source link-layer address (RFC 4861 section 4.6.1)",
    "01 01 020000000001",
    { type: "source-link-layer-address", address: mac },
  ],
  [
    "target link-layer address (RFC 4861 section 4.6.1)",
    "02 01 020000000001",
    { type: "target-link-layer-address", address: mac },
  ],
  [
    "prefix information (RFC 4861 section 4.6.2)",
    "03 04 40 c0 00000e10 00000708 00000000 fd000007000000000000000000000000",
    {
      type: "prefix-information",
      prefixLength: 64,
      onLink: true,
      autonomous: true,
      reserved: 0,
      validLifetime: 3600,
      preferredLifetime: 1800,
      reservedEnd: 0,
      prefix,
    },
  ],
  ["MTU (RFC 4861 section 4.6.4)", "05 01 0000 000005aa", { type: "mtu", reserved: 0, mtu: 1450 }],
  [
    "advertisement interval (RFC 6275 section 7.3)",
    "07 01 0000 00001b58",
    { type: "advertisement-interval", reserved: 0, interval: 7000 },
  ],
  [
    "home agent information (RFC 6275 section 7.4)",
    "08 01 0000 0003 0028",
    { type: "home-agent-information", reserved: 0, preference: 3, lifetime: 40 },
  ],
  [
    "nonce (RFC 3971 section 5.3.2)",
    "0e 01 010203040506",
    { type: "nonce", nonce: bytes("010203040506") },
  ],
  [
    "route information of no prefix (RFC 4191 section 2.3)",
    "18 01 00 18 ffffffff",
    {
      type: "route-information",
      prefixLength: 0,
      reserved: 0,
      preference: "low",
      reservedEnd: 0,
      lifetime: 0xffff_ffff,
      prefixSize: 0,
      prefix: parseIpv6("::"),
    },
  ],
  [
    "route information of half a prefix",
    "18 02 30 08 0000005a fd00000700000000",
    {
      type: "route-information",
      prefixLength: 48,
      reserved: 0,
      preference: "high",
      reservedEnd: 0,
      lifetime: 90,
      prefixSize: 8,
      prefix,
    },
  ],
  [
    "route information of a whole prefix, whose length would fit half of it",
    "18 03 40 00 0000005a fd000007000000000000000000000000",
    {
      type: "route-information",
      prefixLength: 64,
      reserved: 0,
      preference: "medium",
      reservedEnd: 0,
      lifetime: 90,
      prefixSize: 16,
      prefix,
    },
  ],
  [
    "recursive DNS servers (RFC 8106 section 5.1)",
    "19 03 0000 00000258 fd000007000000000000000000000000",
    { type: "recursive-dns-servers", reserved: 0, lifetime: 600, servers: [prefix] },
  ],
  [
    "DNS search list (RFC 8106 section 5.2)",
    "1f 03 0000 00000032 0161 05 6c6f63616c 00 0162 00 00000000",
    { type: "dns-search-list", reserved: 0, lifetime: 50, domains: ["a.local", "b"] },
  ],
  [
    "NAT64 prefix (RFC 8781 section 4)",
    "26 02 0708 0064ff9b0000000000000000",
    { type: "pref64", lifetime: 1800, prefixLength: 96, prefix: parseIpv6("64:ff9b::") },
  ],
  [
    "NAT64 prefix of 32 bits",
    "26 02 000d 20010db80000000000000000",
    { type: "pref64", lifetime: 8, prefixLength: 32, prefix: parseIpv6("2001:db8::") },
  ],
  [
    "CGA of SEND (RFC 3971 section 5.1)",
    "0b 01 000000000000",
    { type: 11, data: new Uint8Array(6) },
  ],
  ["one that is unknown", "c8 01 010203040506", { type: 200, data: bytes("010203040506") }],
];

/** Options whose bytes are not those of their type: kept by number. */
const misfits: readonly (readonly [string, string])[] = [
  ["a link-layer address of 14 bytes", "01 02 0102030405060708090a0b0c0d0e"],
  ["an MTU of 16 bytes", "05 02 0000 000005aa 0000000000000000"],
  ["prefix information of 8 bytes", "03 01 40 c0 00000e10"],
  ["an advertisement interval of 16 bytes", "07 02 0000 00001b58 0000000000000000"],
  ["home agent information of 16 bytes", "08 02 0000 0003 0028 0000000000000000"],
  ["route information of 32 bytes", `18 04 40 00 0000005a ${"00".repeat(24)}`],
  ["half a DNS server", "19 02 0000 00000258 fd00000700000000"],
  ["a NAT64 prefix of 8 bytes", "26 01 0708 00000000"],
  ["a NAT64 prefix of an unknown length", "26 02 0707 0064ff9b0000000000000000"],
  ["a domain name that is cut short", "1f 02 0000 00000032 09 61626364656667"],
  ["a domain name that is compressed", "1f 02 0000 00000032 c000 000000000000"],
  ["a domain name with a dot in its label", "1f 02 0000 00000032 03 612e62 00 000000"],
  ["a domain name that does not end", "1f 02 0000 00000032 07 61626364656667"],
  ["more padding than there is need of", "1f 03 0000 00000032 0161 00 0000000000 0000000000000000"],
  ["something after the end of the names", "1f 02 0000 00000032 0161 00 00 00000001"],
];

function advertisement(option: NdpOption): Uint8Array {
  const message = icmpv6({ type: "router-advertisement", options: [option] });
  return buildPacket(packet(ip, message));
}

function optionsOf(whole: Uint8Array): readonly NdpOption[] {
  const message = findLayer(parsePacket(whole, { linkType: "ip" }), "icmpv6");
  return message?.type === "router-advertisement" ? message.options : [];
}

describe("the option", () => {
  it.each(options)("%s", (_, hex, option) => {
    const whole = advertisement(option);
    expect(hexOf(whole.subarray(optionOffset))).toBe(hexOf(bytes(hex)));
    expect(optionsOf(whole)).toEqual([option]);
  });

  it.each(misfits)("that is not what its number says keeps its bytes: %s", (_, hex) => {
    const data = bytes(hex);
    const whole = advertisement({ type: data[0] ?? 0, data: data.subarray(2) });
    expect(optionsOf(whole)).toEqual([{ type: data[0], data: data.subarray(2) }]);
  });

  it.each<[string, NdpOption]>([
    ["not a multiple of 8", { type: 200, data: new Uint8Array(5) }],
    ["not a multiple of 8", { type: "nonce", nonce: new Uint8Array(7) }],
    ["65 is none of 96", { type: "pref64", lifetime: 0, prefixLength: 65, prefix }],
    ["not a multiple of 8", { type: "pref64", lifetime: 9, prefixLength: 96, prefix }],
    [
      "the last 32 bits",
      { type: "pref64", lifetime: 0, prefixLength: 96, prefix: parseIpv6("::1") },
    ],
    [
      "is not a domain name",
      { type: "dns-search-list", reserved: 0, lifetime: 0, domains: ["a..b"] },
    ],
    [
      "does not travel in 8 bytes",
      {
        type: "route-information",
        prefixLength: 64,
        reserved: 0,
        preference: "medium",
        reservedEnd: 0,
        lifetime: 0,
        prefixSize: 8,
        prefix: parseIpv6("fd00::1"),
      },
    ],
  ])("is refused with what it cannot hold: %s", (reason, option) => {
    expect(() => advertisement(option)).toThrow(PacketError);
    expect(() => advertisement(option)).toThrow(reason);
  });
});

/** By the layouts of RFC 2710 section 3 and RFC 3810 section 5; the checksum is left out. */
const messages: readonly (readonly [string, string, LayerFields<Icmpv6>])[] = [
  [
    "query of version 1 for all groups",
    "82 00 .... 03e8 0000 00000000000000000000000000000000",
    { type: "multicast-listener-query", maximumResponseCode: 1000, reserved: 0 },
  ],
  [
    "query of version 2 for a source of a group",
    "82 00 .... 03e8 0000 ff050000000000000000000000000009 0a 7d 0001 fd000007000000000000000000000000",
    {
      type: "multicast-listener-query",
      maximumResponseCode: 1000,
      group: parseIpv6("ff05::9"),
      version2: {
        reserved: 0,
        suppress: true,
        robustness: 2,
        queryIntervalCode: 125,
        sourceCount: 1,
        sources: [prefix],
      },
    },
  ],
  [
    "report of version 1",
    "83 00 .... 0000 0000 ff050000000000000000000000000009",
    { type: "multicast-listener-report", group: parseIpv6("ff05::9"), maximumResponseDelay: 0 },
  ],
  [
    "done of version 1",
    "84 00 .... 0000 0000 ff050000000000000000000000000009",
    { type: "multicast-listener-done", group: parseIpv6("ff05::9") },
  ],
  [
    "report of version 2 of a group that is joined, and of sources with data",
    "8f 00 .... 0000 0002 04 00 0000 ff0200000000000000000001ff000007 " +
      "05 01 0001 ff050000000000000000000000000009 fd000007000000000000000000000000 01020304",
    {
      type: "multicast-listener-report-v2",
      reserved: 0,
      recordCount: 2,
      records: [
        {
          type: "change-to-exclude",
          group: parseIpv6("ff02::1:ff00:7"),
          sources: [],
          auxiliaryData: new Uint8Array(),
        },
        {
          type: "allow-new-sources",
          group: parseIpv6("ff05::9"),
          sources: [prefix],
          auxiliaryData: bytes("01020304"),
        },
      ],
    },
  ],
];

describe("the message of multicast listener discovery", () => {
  it.each(messages)("%s", (_, hex, fields) => {
    const whole = buildPacket(packet(ip, icmpv6(fields)));
    const pattern = new RegExp(`^${hex.replaceAll(" ", "")}$`);
    expect(hexOf(whole.subarray(messageOffset))).toMatch(pattern);
    const parsed = parsePacket(whole, { linkType: "ip" });
    expect(matchPacket(parsed, packet(ip, icmpv6(fields)))).toEqual([]);
    expect(parsed.payload).toHaveLength(0);
  });

  it("of which less is there than it says keeps what is not whole as payload", () => {
    const [, , fields] = messages.at(-1) ?? ["", "", { type: "echo-request" }];
    const whole = buildPacket(packet(ip, icmpv6(fields)));
    const cut = whole.subarray(0, -1);
    cut[5] = cut.length - messageOffset;
    const parsed = parsePacket(cut, { linkType: "ip" });
    expect(findLayer(parsed, "icmpv6")).toMatchObject({
      recordCount: 2,
      records: [{ sources: [] }],
    });
    expect(parsed.payload).toHaveLength(39);
    expect(buildPacket(parsed)).toEqual(cut);
  });
});
