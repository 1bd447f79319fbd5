import { parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  buildPacket,
  ethernet,
  findLayer,
  icmp,
  ipv4,
  ipv6,
  ipv6Fragment,
  isLayer,
  packet,
  type PacketDraft,
  parsePacket,
  type ParseOptions,
  tcp,
  udp,
  verifyChecksums,
} from "./index.ts";

const pair = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };
const sixPair = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };
const ip = { linkType: "ip" } as const;

function parse(draft: PacketDraft, options: ParseOptions = ip) {
  return parsePacket(buildPacket(draft), options);
}

const nonsense = (length: number) => new Uint8Array(length).fill(0xff);

const kindsOf = (packetOf: { layers: readonly { kind: string }[] }) =>
  packetOf.layers.map(({ kind }) => kind);

describe("a malformed packet keeps its sound layers and says what is wrong", () => {
  const rows: readonly [string, PacketDraft, readonly string[], string, number, string][] = [
    [
      "a TCP header that is cut short",
      packet(ipv4({ ...pair, protocol: "tcp" }), nonsense(8)),
      ["ipv4"],
      "tcp",
      20,
      "it needs 20 bytes, 8 are there",
    ],
    [
      "a TCP data offset below the header",
      packet(ipv4(pair), tcp({ headerLength: 16 })),
      ["ipv4"],
      "tcp",
      20,
      "data offset 16 is below 20 bytes",
    ],
    [
      "a TCP data offset behind the end",
      packet(ipv4(pair), tcp({ headerLength: 60 })),
      ["ipv4"],
      "tcp",
      20,
      "it needs 60 bytes, 20 are there",
    ],
    [
      "a total length behind the end",
      packet(ipv4({ ...pair, totalLength: 100 }), udp(), "hi"),
      ["ipv4"],
      "ipv4",
      0,
      "80 bytes should follow, 10 do",
    ],
    [
      "a total length below the header",
      packet(ipv4({ ...pair, totalLength: 19 }), udp()),
      ["ipv4"],
      "ipv4",
      0,
      "total length 19 is below the header length 20",
    ],
    [
      "an IPv4 header length below the header",
      packet(ipv4({ ...pair, headerLength: 16 })),
      [],
      "ipv4",
      0,
      "header length 16 is below 20",
    ],
    [
      "an IPv6 payload length behind the end",
      packet(ipv6({ ...sixPair, payloadLength: 9 }), udp()),
      ["ipv6"],
      "ipv6",
      0,
      "9 bytes should follow, 8 do",
    ],
    [
      "a UDP length below the header",
      packet(ipv4(pair), udp({ length: 7 })),
      ["ipv4", "udp"],
      "udp",
      20,
      "length 7 is below the header's 8 bytes",
    ],
    [
      "a UDP length of 0 over IPv4",
      packet(ipv4(pair), udp({ length: 0 })),
      ["ipv4", "udp"],
      "udp",
      20,
      "length 0 is below the header's 8 bytes",
    ],
    [
      "an SCTP chunk behind the end",
      packet(ipv4({ ...pair, protocol: "sctp" }), nonsense(20)),
      ["ipv4", "sctp"],
      "sctp",
      20,
      "the last chunk's length is not that of the bytes there",
    ],
    [
      "an authentication header below its fixed part",
      packet(ipv4({ ...pair, protocol: "ah" }), new Uint8Array(20)),
      ["ipv4"],
      "ah",
      20,
      "header length 8 is below 12",
    ],
    [
      "another IP version behind the EtherType",
      packet(ethernet({ etherType: "ipv4" }), nonsense(40)),
      ["ethernet"],
      "ipv4",
      14,
      "version 15 instead of 4",
    ],
    [
      "ARP for other addresses",
      packet(ethernet({ etherType: "arp" }), new Uint8Array(28)),
      ["ethernet"],
      "arp",
      14,
      "addresses of 0 and 0 bytes are not those of Ethernet and IPv4",
    ],
  ];
  it.each(rows)("%s", (_name, draft, kinds, layer, offset, reason) => {
    const linkType = draft.layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
    const parsed = parse(draft, { linkType });
    expect(kindsOf(parsed)).toEqual(kinds);
    expect(parsed.problem).toEqual({ layer, offset, reason });
    expect(buildPacket(parsed)).toEqual(buildPacket(draft));
  });

  it.each([
    [[], "it is empty"],
    [[0x70], "ip-version 7 is not known"],
  ])("%j", (bytes, reason) => {
    const parsed = parsePacket(Uint8Array.from(bytes), ip);
    expect(parsed.problem).toEqual({ layer: "packet", offset: 0, reason });
  });

  it("keeps options that cannot be read behind those that can", () => {
    const optionTail = Uint8Array.of(8, 0, 99);
    const parsed = parse(packet(ipv4(pair), tcp({ options: [{ type: "nop" }], optionTail })));
    expect(parsed.problem).toBeUndefined();
    expect(findLayer(parsed, "tcp")).toMatchObject({ options: [{ type: "nop" }], optionTail });
  });

  it("keeps an option of a known kind and another length by its number", () => {
    const options = [{ type: 3, data: Uint8Array.of(1, 2) }];
    expect(findLayer(parse(packet(ipv4(pair), tcp({ options }))), "tcp")?.options).toEqual(options);
  });
});

describe("lengths", () => {
  it("leave what is behind them to the trailer", () => {
    const padded = { ...packet(ethernet(), ipv4(pair), udp(), "hi"), trailer: new Uint8Array(16) };
    const parsed = parse(padded, { linkType: "ethernet" });
    expect(parsed.payload).toEqual(new TextEncoder().encode("hi"));
    expect(parsed.trailer).toEqual(padded.trailer);
  });

  it("leave the surplus of a UDP datagram to the trailer too", () => {
    const parsed = parse(packet(ipv4(pair), udp({ length: 9 }), "hello"));
    expect(parsed.payload).toHaveLength(1);
    expect(parsed.trailer).toHaveLength(4);
  });

  it.each([
    ["IPv4 before segmentation", packet(ipv4({ ...pair, totalLength: 0 }), tcp(), "data")],
    ["a UDP jumbogram", packet(ipv6(sixPair), udp({ length: 0 }), "data")],
  ])("of 0 reach to the end: %s", (_name, draft) => {
    expect(parse(draft).problem).toBeUndefined();
    expect(parse(draft).payload).toHaveLength(4);
  });
});

describe("a capture that was cut", () => {
  const draft = packet(
    ipv4({ ...pair, totalLength: 1500 }),
    tcp({ options: [{ type: "nop" }, { type: "window-scale", shift: 7 }], sourcePort: 7 }),
  );
  const bytes = buildPacket(draft);
  const cut = (length: number) =>
    parsePacket(bytes.subarray(0, length), { linkType: "ip", originalLength: 1500 });

  it("is no problem, and says how much is missing", () => {
    const parsed = cut(44);
    expect(parsed.problem).toBeUndefined();
    expect(parsed.missing).toBe(1456);
    expect(findLayer(parsed, "tcp")?.options).toHaveLength(2);
  });

  it("among the options keeps the fields before them", () => {
    const parsed = cut(42);
    expect(parsed.problem).toBeUndefined();
    expect(findLayer(parsed, "tcp")).toMatchObject({ headerLength: 24, sourcePort: 7 });
    expect(buildPacket(parsed)).toEqual(bytes.subarray(0, 42));
  });

  it("in the transport header keeps the ports", () => {
    const parsed = cut(28);
    expect(parsed.problem).toBeUndefined();
    expect(parsed.layers.at(-1)).toEqual({ kind: "ports", sourcePort: 7, destinationPort: 0 });
    expect(parsed.payload).toHaveLength(4);
  });

  it.each([0, 1, 19, 20, 23])("after %i bytes gives what is there", (length) => {
    const parsed = cut(length);
    expect(parsed.problem?.reason).toBe(length === 0 ? "it is empty" : undefined);
    expect(parsed.layers).toHaveLength(length < 20 ? 0 : 1);
    expect(parsed.missing).toBe(1500 - length);
  });

  it("is a problem when the headers say more than the original had", () => {
    const parsed = parsePacket(bytes, { linkType: "ip", originalLength: 1000 });
    expect(parsed.problem?.reason).toBe("1480 bytes should follow, 980 do");
  });
});

describe("fragments", () => {
  const large = udp({ length: 3008, checksum: 1 });

  it.each([
    ["IPv4", packet(ipv4({ ...pair, moreFragments: true }), large, "first")],
    ["IPv6", packet(ipv6(sixPair), ipv6Fragment({ moreFragments: true }), large, "first")],
  ])("of %s: the first may announce more than it holds", (_name, draft) => {
    const parsed = parse(draft);
    expect(parsed.problem).toBeUndefined();
    expect(findLayer(parsed, "udp")?.length).toBe(3008);
    expect(parsed.missing).toBe(2995);
  });

  it("whose length is wrong miss nothing", () => {
    const draft = packet(ipv4({ ...pair, moreFragments: true, totalLength: 99 }), large);
    expect(parse(draft)).toMatchObject({ missing: 0, problem: { layer: "ipv4" } });
    expect(verifyChecksums(parse(draft))).toHaveLength(1);
  });

  it("after the first have no transport header", () => {
    const parsed = parse(packet(ipv4({ ...pair, fragmentOffset: 8, protocol: "udp" }), "01234567"));
    expect(kindsOf(parsed)).toEqual(["ipv4"]);
    expect(parsed.payload).toHaveLength(8);
  });
});

describe("a quoted packet", () => {
  it("may end after eight bytes of its transport header", () => {
    const whole = buildPacket(packet(ipv4(pair), tcp({ sourcePort: 5, destinationPort: 6 }), "x"));
    const parsed = parse(packet(ipv4({ protocol: "icmp" }), timeExceeded(whole.subarray(0, 28))));
    const message = findLayer(parsed, "icmp");
    if (message?.type !== "time-exceeded") throw new Error("no ICMP error was parsed");
    expect(message.quoted.layers.at(-1)).toMatchObject({ kind: "ports", destinationPort: 6 });
    expect(message.quoted.missing).toBe(13);
    expect(message.quoted.problem).toBeUndefined();
  });

  it("ends where the message says that extensions begin", () => {
    const quoted = packet(ipv4({ ...pair, totalLength: 1500 }), udp({ length: 1480, checksum: 1 }));
    const extensions = Uint8Array.of(0x20, 0, 0, 0);
    const parsed = parse(
      packet(ipv4(), icmp({ type: "time-exceeded", quotedLength: 28, quoted, extensions })),
    );
    expect(parsed.layers.at(-1)).toMatchObject({ extensions, quoted: { missing: 1472 } });
  });

  it("in a quoted packet and so on does not exhaust the stack", () => {
    let bytes: Uint8Array = new Uint8Array();
    // Given checksums are not computed over all that is nested, which would take long.
    const header = ipv4({ checksum: 0 });
    while (bytes.length < 65_000) bytes = buildPacket(packet(header, timeExceeded(bytes)));
    let parsed = parsePacket(bytes, ip);
    let depth = 0;
    for (let layer = parsed.layers.at(-1); isLayer(layer, "icmp"); layer = parsed.layers.at(-1)) {
      if (layer.type !== "time-exceeded") throw new Error("another message was parsed");
      parsed = layer.quoted;
      depth += 1;
    }
    expect(depth).toBe(4);
    expect(parsed.problem?.reason).toBe("quotations are nested too deeply");
  });
});

/** A message that quotes these very bytes. */
function timeExceeded(quoted: Uint8Array) {
  return icmp({ type: "time-exceeded", checksum: 0, quoted: { layers: [], payload: quoted } });
}

describe("the EtherType of a frame that has a length instead", () => {
  it("leaves the content to the payload", () => {
    const parsed = parse(
      packet(ethernet({ source: parseMac("02:00:00:00:00:01"), etherType: 3 }), "abc"),
      { linkType: "ethernet" },
    );
    expect(parsed).toMatchObject({ layers: [{ etherType: 3 }], missing: 0 });
    expect(parsed.payload).toHaveLength(3);
  });
});
