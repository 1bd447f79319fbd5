import { parseIp, parseIpv4, parseIpv6 } from "@heddle/contracts";
import {
  arp,
  authenticationHeader,
  buildPacket,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  ipv6HopByHop,
  ipv6Routing,
  packet,
  type PacketDraft,
  parsePacket,
  ports,
  sctp,
  tcp,
  udp,
  vlan,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { formatTuple, observe } from "./index.ts";
import { seen } from "./packets.fake.ts";

const v4 = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const v4Back = { source: v4.destination, destination: v4.source };
const v6 = { source: parseIpv6("fd00:1::5"), destination: parseIpv6("fd00:2::7") };
const web = { sourcePort: 40_000, destinationPort: 80 };
const syn = tcp({ ...web, flags: ["syn"] });
const router = parseIpv4("192.0.2.1");

/** What is observed, in a line. */
function line(draft: PacketDraft): string {
  const found = observe(seen(draft));
  if ("outcome" in found) return `${found.outcome}: ${found.reason}`;
  const { tuple, signal, related = false, fragment } = found;
  const part = fragment === undefined ? "" : ` fragment at ${String(fragment.offset)}`;
  return `${formatTuple(tuple)} ${signal}${related ? " related" : ""}${part}`;
}

const unreachable4 = (quoted: PacketDraft, to = v4.source) =>
  packet(
    ipv4({ source: router, destination: to }),
    icmp({ type: "destination-unreachable", code: "port-unreachable", quoted }),
  );
const tooBig = (quoted: PacketDraft) =>
  packet(
    ipv6({ source: parseIpv6("2001:db8::1"), destination: v6.source }),
    icmpv6({ type: "packet-too-big", mtu: 1280, quoted }),
  );

describe("a packet is of the connection", () => {
  it.each<readonly [string, PacketDraft, string]>([
    ["TCP", packet(ipv4(v4), syn), "tcp 10.0.1.5:40000 > 10.0.2.7:80 open"],
    ["TCP over IPv6", packet(ipv6(v6), syn), "tcp [fd00:1::5]:40000 > [fd00:2::7]:80 open"],
    ["UDP", packet(ipv4(v4), udp(web), "x"), "udp 10.0.1.5:40000 > 10.0.2.7:80 data"],
    [
      "SCTP",
      packet(ipv6(v6), sctp({ ...web, chunks: [{ type: "init" }] })),
      "sctp [fd00:1::5]:40000 > [fd00:2::7]:80 open",
    ],
    [
      "an echo request, by its identifier",
      packet(ipv4(v4), icmp({ type: "echo-request", identifier: 7 })),
      "icmp 10.0.1.5:7 > 10.0.2.7:0 open",
    ],
    [
      "its reply, which mirrors it",
      packet(ipv4(v4Back), icmp({ type: "echo-reply", identifier: 7 })),
      "icmp 10.0.2.7:0 > 10.0.1.5:7 accept",
    ],
    [
      "an echo over IPv6",
      packet(ipv6(v6), icmpv6({ type: "echo-request", identifier: 7 })),
      "icmpv6 [fd00:1::5]:7 > [fd00:2::7]:0 open",
    ],
    [
      "another protocol, by its addresses",
      packet(ipv4({ ...v4, protocol: "gre" }), "x"),
      "gre 10.0.1.5:0 > 10.0.2.7:0 data",
    ],
    [
      "a protocol without a name",
      packet(ipv6({ ...v6, nextHeader: 253 }), "x"),
      "253 [fd00:1::5]:0 > [fd00:2::7]:0 data",
    ],
    [
      "a tunnel, not what is in it",
      packet(ipv4(v4), ipv6(v6), syn),
      "ipv6 10.0.1.5:0 > 10.0.2.7:0 data",
    ],
    [
      "behind all extension headers",
      packet(
        ipv6(v6),
        ipv6HopByHop(),
        ipv6DestinationOptions(),
        ipv6Routing({ data: new Uint8Array(20) }),
        authenticationHeader({ integrityCheck: new Uint8Array(12) }),
        tcp({ ...web, flags: ["ack"], checksum: 0 }),
      ),
      "tcp [fd00:1::5]:40000 > [fd00:2::7]:80 data",
    ],
    [
      "AH over IPv4, which is a protocol of its own",
      packet(ipv4(v4), authenticationHeader(), syn),
      "ah 10.0.1.5:0 > 10.0.2.7:0 data",
    ],
  ])("%s", (_, draft, expected) => {
    expect(line(draft)).toBe(expected);
  });

  it.each<readonly [string, PacketDraft, string]>([
    ["TCP", unreachable4(packet(ipv4(v4), syn)), "tcp 10.0.2.7:80 > 10.0.1.5:40000 none related"],
    [
      "the first eight bytes of TCP, without flags",
      unreachable4(packet(ipv4({ ...v4, protocol: "tcp", totalLength: 40 }), ports(web), "SEQ.")),
      "tcp 10.0.2.7:80 > 10.0.1.5:40000 none related",
    ],
    [
      "TCP whose flags are impossible, which is the sender's doing",
      unreachable4(packet(ipv4(v4), tcp({ ...web, flags: [] }))),
      "tcp 10.0.2.7:80 > 10.0.1.5:40000 none related",
    ],
    [
      "UDP over IPv6",
      tooBig(packet(ipv6(v6), udp(web), "x")),
      "udp [fd00:2::7]:80 > [fd00:1::5]:40000 none related",
    ],
    [
      "an echo request",
      unreachable4(packet(ipv4(v4), icmp({ type: "echo-request", identifier: 7 }))),
      "icmp 10.0.2.7:0 > 10.0.1.5:7 none related",
    ],
    [
      "a later fragment",
      unreachable4(packet(ipv4({ ...v4, protocol: "udp", fragmentOffset: 1480 }), "x")),
      "udp 10.0.2.7:0 > 10.0.1.5:0 none related fragment at 1480",
    ],
  ])("that an ICMP error quotes: %s", (_, draft, expected) => {
    expect(line(draft)).toBe(expected);
  });

  it("whose fragment it is, where only the first one has ports", () => {
    const first = ipv4({ ...v4, identification: 9, moreFragments: true });
    const later = ipv4({ ...v4, protocol: "udp", identification: 9, fragmentOffset: 16 });
    expect(observe(seen(packet(first, udp({ ...web, checksum: 0 }), "12345678")))).toMatchObject({
      tuple: { sourcePort: 40_000 },
      signal: "data",
      bytes: 36,
      fragment: { identification: 9, offset: 0, length: 16 },
    });
    expect(observe(seen(packet(later, "1234")))).toMatchObject({
      tuple: { protocol: "udp", sourcePort: 0 },
      signal: "none",
      bytes: 24,
      fragment: { identification: 9, offset: 16, length: 4 },
    });
  });

  it("whose fragment it is, over IPv6", () => {
    const part = { identification: 0x1_0000, moreFragments: true };
    const first = packet(
      ipv6(v6),
      ipv6DestinationOptions(),
      ipv6Fragment(part),
      udp({ ...web, checksum: 0 }),
      "12345678",
    );
    const later = ipv6Fragment({ ...part, nextHeader: "udp", fragmentOffset: 16 });
    expect(observe(seen(first))).toMatchObject({
      tuple: { protocol: "udp", sourcePort: 40_000 },
      bytes: 72,
      fragment: { identification: 0x1_0000, offset: 0, length: 16 },
    });
    expect(observe(seen(packet(ipv6(v6), later, "12345678")))).toMatchObject({
      tuple: { protocol: "udp", sourcePort: 0 },
      fragment: { offset: 16, length: 8 },
    });
    const atomic = packet(ipv6(v6), ipv6Fragment({ identification: 1 }), syn);
    expect(line(atomic)).toBe("tcp [fd00:1::5]:40000 > [fd00:2::7]:80 open");
  });
});

const frame = (draft: PacketDraft) =>
  observe(parsePacket(buildPacket(draft), { linkType: "ethernet" }));

const cut = (draft: PacketDraft, length: number) => {
  const bytes = buildPacket(draft);
  const options = { linkType: "ip", originalLength: bytes.length } as const;
  return observe(parsePacket(bytes.subarray(0, length), options));
};

describe("a packet is of no connection", () => {
  it.each<readonly [string, PacketDraft, string]>([
    [
      "neighbor discovery",
      packet(ipv6(v6), icmpv6({ type: "neighbor-solicitation", target: v6.destination })),
      "untracked: not-of-connection",
    ],
    [
      "an ICMP timestamp",
      packet(ipv4(v4), icmp({ type: "timestamp" }), new Uint8Array(16)),
      "untracked: not-of-connection",
    ],
    ["TCP without flags", packet(ipv4(v4), tcp(web)), "invalid: impossible-signal"],
    ["SCTP without chunks", packet(ipv4(v4), sctp(web)), "invalid: impossible-signal"],
    [
      "a total length beyond the packet",
      packet(ipv4({ ...v4, totalLength: 1000 }), udp(web)),
      "invalid: malformed",
    ],
    [
      "a first fragment that is too small for TCP",
      packet(ipv4({ ...v4, protocol: "tcp", moreFragments: true }), new Uint8Array(8)),
      "invalid: truncated",
    ],
    [
      "an error that quotes another error",
      unreachable4(unreachable4(packet(ipv4(v4), syn), v4.source), router),
      "invalid: quotes-error",
    ],
    [
      "an error that quotes what its target did not send",
      unreachable4(packet(ipv4(v4Back), syn)),
      "invalid: quotes-stranger",
    ],
    ["an error that quotes nothing", unreachable4(packet(new Uint8Array())), "invalid: malformed"],
    [
      "an error that quotes too little",
      unreachable4(packet(ipv4({ ...v4, protocol: "tcp", totalLength: 40 }), "ab")),
      "invalid: truncated",
    ],
  ])("%s", (_, draft, expected) => {
    expect(line(draft)).toBe(expected);
  });

  it("when a frame carries no IP, and is when tags are before it", () => {
    expect(frame(packet(ethernet(), arp()))).toEqual({ outcome: "untracked", reason: "not-ip" });
    expect(frame(packet(ethernet(), vlan({ vlanId: 3 }), ipv4(v4), syn))).toMatchObject({
      tuple: { source: parseIp("10.0.1.5"), sourcePort: 40_000 },
    });
  });

  it.each([
    [8, "invalid: truncated"],
    [30, "invalid: truncated"],
    [40, "tcp 10.0.1.5:40000 > 10.0.2.7:80 open"],
  ])("when the capture ended after %d bytes: %s", (length, expected) => {
    const found = cut(packet(ipv4(v4), syn, "data"), length);
    const text =
      "outcome" in found
        ? `${found.outcome}: ${found.reason}`
        : `${formatTuple(found.tuple)} ${found.signal}`;
    expect(text).toBe(expected);
  });

  it("when the capture ended in an SCTP chunk that may be a handshake, but not in data", () => {
    const userData = new Uint8Array(100);
    const carry = (type: "data" | "init") =>
      packet(ipv4(v4), sctp({ ...web, verificationTag: 7, chunks: [{ type, userData }] }));
    expect(cut(carry("data"), 60)).toMatchObject({ signal: "data" });
    expect(cut(carry("init"), 40)).toEqual({ outcome: "invalid", reason: "truncated" });
  });
});
