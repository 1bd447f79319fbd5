import { broadcastMac, parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  arp,
  authenticationHeader,
  buildPacket,
  describePacket,
  esp,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  ipv6HopByHop,
  ipv6Routing,
  type LinkType,
  matchPacket,
  packet,
  type PacketDraft,
  parsePacket,
  sctp,
  tcp,
  udp,
  vlan,
} from "./index.ts";

const mac1 = parseMac("02:00:00:00:00:01");
const mac2 = parseMac("02:00:00:00:00:02");
const ip1 = parseIpv4("10.0.0.1");
const ip2 = parseIpv4("10.0.0.2");
const six1 = parseIpv6("fd00::1");
const six2 = parseIpv6("fd00::2");
const link1 = parseIpv6("fe80::1");
const pair = { source: ip1, destination: ip2 };
const sixPair = { source: six1, destination: six2 };

const quotedUdp = packet(
  ipv4({ source: ip1, destination: parseIpv4("10.0.0.9"), dontFragment: true, totalLength: 1500 }),
  udp({ sourcePort: 40_000, destinationPort: 53, length: 1480, checksum: 0xbeef }),
);
const errorPair = { source: parseIpv4("10.0.0.254"), destination: ip1 };

interface Row {
  readonly name: string;
  readonly linkType?: LinkType;
  readonly draft: PacketDraft;
  /** As Scapy 2.5 writes it. */
  readonly hex: string;
  readonly line: string;
}

const rows: readonly Row[] = [
  {
    name: "ARP request",
    linkType: "ethernet",
    draft: packet(
      ethernet({ source: mac1, destination: broadcastMac }),
      arp({ senderMac: mac1, senderIp: ip1, targetIp: ip2 }),
    ),
    hex: "ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002",
    line: "ARP who has 10.0.0.2, tell 10.0.0.1",
  },
  {
    name: "stacked VLAN tags",
    linkType: "ethernet",
    draft: packet(
      ethernet({ source: mac1, destination: mac2, etherType: "service-vlan" }),
      vlan({ vlanId: 100, priority: 3 }),
      vlan({ vlanId: 5, dropEligible: true }),
      ipv4(pair),
      udp({ sourcePort: 1000, destinationPort: 53 }),
      "hi",
    ),
    hex: "02000000000202000000000188a860648100100508004500001e00000000401166cd0a0000010a00000203e80035000a7f516869",
    line: "VLAN 100 / VLAN 5 / 10.0.0.1:1000 > 10.0.0.2:53 UDP length 2",
  },
  {
    name: "TCP SYN with options",
    draft: packet(
      ipv4({
        source: parseIpv4("10.0.1.5"),
        destination: parseIpv4("10.0.2.7"),
        ttl: 63,
        identification: 0x1234,
        dontFragment: true,
        dscp: 46,
        ecn: 1,
      }),
      tcp({
        sourcePort: 34_512,
        destinationPort: 80,
        sequenceNumber: 0x0102_0304,
        flags: ["syn"],
        window: 64_240,
        options: [
          { type: "maximum-segment-size", size: 1460 },
          { type: "sack-permitted" },
          { type: "timestamps", value: 123_456 },
          { type: "nop" },
          { type: "window-scale", shift: 7 },
        ],
      }),
    ),
    hex: "45b9003c123440003f0611c40a0001050a00020786d000500102030400000000a002faf0c89b0000020405b40402080a0001e2400000000001030307",
    line: "10.0.1.5:34512 > 10.0.2.7:80 TCP SYN",
  },
  {
    name: "TCP over IPv6 with selective acknowledgment",
    draft: packet(
      ipv6({ ...sixPair, flowLabel: 0xabcde, ecn: 2, hopLimit: 9 }),
      tcp({
        sourcePort: 1,
        destinationPort: 2,
        sequenceNumber: 5,
        acknowledgmentNumber: 6,
        flags: ["cwr", "ece", "urg", "psh", "ack"],
        window: 7,
        urgentPointer: 8,
        options: [
          { type: "nop" },
          { type: "nop" },
          { type: "sack", blocks: [{ left: 100, right: 200 }] },
        ],
      }),
      "xyz",
    ),
    hex: "602abcde00230609fd000000000000000000000000000001fd00000000000000000000000000000200010002000000050000000680f800078b0b00080101050a00000064000000c878797a",
    line: "[fd00::1]:1 > [fd00::2]:2 TCP PSH ACK URG ECE CWR length 3",
  },
  {
    name: "IPv4 option",
    draft: packet(
      ipv4({
        source: ip1,
        destination: parseIpv4("224.0.0.22"),
        ttl: 1,
        protocol: "igmp",
        options: [{ type: "router-alert", data: Uint8Array.of(0, 0) }],
      }),
      Uint8Array.of(0x22, 0, 0, 0),
    ),
    hex: "4600001c0000000001023ac50a000001e00000169404000022000000",
    line: "10.0.0.1 > 224.0.0.22 IGMP length 4",
  },
  {
    name: "IPv4 fragment",
    draft: packet(
      ipv4({
        ...pair,
        identification: 77,
        moreFragments: true,
        fragmentOffset: 1480,
        protocol: "udp",
      }),
      "rest",
    ),
    hex: "45000018004d20b9401145cd0a0000010a00000272657374",
    line: "10.0.0.1 > 10.0.0.2 UDP length 4 fragment at 1480",
  },
  {
    name: "IPv6 fragment",
    draft: packet(
      ipv6(sixPair),
      ipv6Fragment({
        nextHeader: "udp",
        fragmentOffset: 1480,
        moreFragments: true,
        identification: 0xcafe_babe,
      }),
      "rest",
    ),
    hex: "60000000000c2c40fd000000000000000000000000000001fd000000000000000000000000000002110005c9cafebabe72657374",
    line: "fd00::1 > fd00::2 UDP length 4 fragment at 1480",
  },
  {
    name: "source route, whose final destination is under the checksum",
    draft: packet(
      ipv6(sixPair),
      ipv6Routing({
        routingType: "source-route",
        segmentsLeft: 1,
        data: bytes("00000000fd000000000000000000000000000009"),
      }),
      udp({ sourcePort: 7, destinationPort: 8 }),
      "abc",
    ),
    hex: "6000000000232b40fd000000000000000000000000000001fd0000000000000000000000000000021102000100000000fd00000000000000000000000000000900070008000b415b616263",
    line: "[fd00::1]:7 > [fd00::2]:8 UDP length 3",
  },
  {
    name: "segment routing, whose list is in reverse",
    draft: packet(
      ipv6(sixPair),
      ipv6Routing({
        segmentsLeft: 1,
        data: bytes("01000000fd000000000000000000000000000009fd000000000000000000000000000002"),
      }),
      udp({ sourcePort: 7, destinationPort: 8 }),
      "abc",
    ),
    hex: "6000000000332b40fd000000000000000000000000000001fd0000000000000000000000000000021104040101000000fd000000000000000000000000000009fd00000000000000000000000000000200070008000b415b616263",
    line: "[fd00::1]:7 > [fd00::2]:8 UDP length 3",
  },
  {
    name: "hop-by-hop and destination options",
    draft: packet(
      ipv6({ source: link1, destination: parseIpv6("ff02::16"), hopLimit: 1 }),
      ipv6HopByHop({ options: [{ type: "router-alert", data: Uint8Array.of(0, 0) }] }),
      ipv6DestinationOptions({
        // Aligned to 8n + 6 (RFC 6275 section 6.3).
        options: [
          { type: "padN", data: new Uint8Array(2) },
          { type: "home-address", data: bytes("fd000000000000000000000000000005") },
        ],
      }),
      icmpv6({ type: "echo-request", identifier: 3, sequenceNumber: 4 }),
      "ping",
    ),
    hex: "60000000002c0001fe800000000000000000000000000001ff0200000000000000000000000000163c000502000001003a0201020000c910fd0000000000000000000000000000058000a4c20003000470696e67",
    line: "fe80::1 > ff02::16 ICMPv6 echo request id 3 seq 4 length 4",
  },
  {
    name: "authentication header",
    draft: packet(
      ipv4(pair),
      authenticationHeader({
        spi: 0x100,
        sequenceNumber: 5,
        integrityCheck: new Uint8Array(12).fill(1),
      }),
      "x",
    ),
    hex: "4500002d000000004033669c0a0000010a000002fd040000000001000000000501010101010101010101010178",
    line: "10.0.0.1 > 10.0.0.2 protocol 253 length 1",
  },
  {
    name: "encapsulating security payload",
    draft: packet(ipv6(sixPair), esp({ spi: 0x1001, sequenceNumber: 9 }), "sealed"),
    hex: "60000000000e3240fd000000000000000000000000000001fd00000000000000000000000000000200001001000000097365616c6564",
    line: "fd00::1 > fd00::2 ESP spi 0x1001 length 6",
  },
  {
    name: "SCTP INIT",
    draft: packet(
      ipv4(pair),
      sctp({
        sourcePort: 5000,
        destinationPort: 6000,
        chunks: [
          {
            type: "init",
            initiateTag: 0xdead_beef,
            receiverWindow: 65_536,
            outboundStreams: 10,
            inboundStreams: 11,
            initialTsn: 99,
          },
        ],
      }),
    ),
    hex: "4500003400000000408466440a0000010a00000213881770000000007dd85c8a01000014deadbeef00010000000a000b00000063",
    line: "10.0.0.1:5000 > 10.0.0.2:6000 SCTP INIT",
  },
  {
    name: "SCTP DATA with padding, and ABORT",
    draft: packet(
      ipv4(pair),
      sctp({
        sourcePort: 5000,
        destinationPort: 6000,
        verificationTag: 0xdead_beef,
        chunks: [
          {
            type: "data",
            flags: 3,
            tsn: 99,
            streamId: 1,
            streamSequenceNumber: 2,
            payloadProtocol: 3,
            userData: new TextEncoder().encode("hello"),
          },
          { type: "abort", flags: 1 },
        ],
      }),
    ),
    hex: "4500003c000000004084663c0a0000010a00000213881770deadbeef97b785e40003001500000063000100020000000368656c6c6f00000006010004",
    line: "10.0.0.1:5000 > 10.0.0.2:6000 SCTP DATA ABORT",
  },
  {
    name: "ICMP echo",
    draft: packet(
      ipv4(pair),
      icmp({ type: "echo-request", identifier: 7, sequenceNumber: 9 }),
      "abcde",
    ),
    hex: "4500002100000000400166da0a0000010a0000020800ce28000700096162636465",
    line: "10.0.0.1 > 10.0.0.2 ICMP echo request id 7 seq 9 length 5",
  },
  {
    name: "ICMP fragmentation needed",
    draft: packet(
      ipv4(errorPair),
      icmp({
        type: "destination-unreachable",
        code: "fragmentation-needed",
        nextHopMtu: 1400,
        quoted: quotedUdp,
      }),
    ),
    hex: "4500003800000000400165c70a0000fe0a0000010304965600000578450005dc00004000401121080a0000010a0000099c40003505c8beef",
    line: "10.0.0.254 > 10.0.0.1 ICMP fragmentation needed, MTU 1400 for 10.0.0.1:40000 > 10.0.0.9:53 UDP length 1472",
  },
  {
    name: "ICMP redirect",
    draft: packet(
      ipv4(errorPair),
      icmp({
        type: "redirect",
        code: "host",
        gateway: parseIpv4("10.0.0.253"),
        quoted: quotedUdp,
      }),
    ),
    hex: "4500003800000000400165c70a0000fe0a00000105018ed40a0000fd450005dc00004000401121080a0000010a0000099c40003505c8beef",
    line: "10.0.0.254 > 10.0.0.1 ICMP redirect to 10.0.0.253 for 10.0.0.1:40000 > 10.0.0.9:53 UDP length 1472",
  },
  {
    name: "packet too big",
    draft: packet(
      ipv6({ source: parseIpv6("fd00::ff"), destination: six1 }),
      icmpv6({
        type: "packet-too-big",
        mtu: 1280,
        quoted: packet(
          ipv6({ ...sixPair, payloadLength: 1460 }),
          tcp({
            sourcePort: 1,
            destinationPort: 2,
            sequenceNumber: 3,
            flags: ["syn"],
            window: 8192,
            checksum: 0x1111,
          }),
        ),
      }),
    ),
    hex: "6000000000443a40fd0000000000000000000000000000fffd0000000000000000000000000000010200166d000005006000000005b40640fd000000000000000000000000000001fd0000000000000000000000000000020001000200000003000000005002200011110000",
    line: "fd00::ff > fd00::1 ICMPv6 packet too big, MTU 1280 for [fd00::1]:1 > [fd00::2]:2 TCP SYN length 1440",
  },
  {
    name: "neighbor solicitation",
    draft: packet(
      ipv6({ source: link1, destination: parseIpv6("ff02::1:ff00:1"), hopLimit: 255 }),
      icmpv6({
        type: "neighbor-solicitation",
        target: six1,
        options: [{ type: "source-link-layer-address", address: mac1 }],
      }),
    ),
    hex: "6000000000203afffe800000000000000000000000000001ff0200000000000000000001ff00000187007c1900000000fd0000000000000000000000000000010101020000000001",
    line: "fe80::1 > ff02::1:ff00:1 ICMPv6 neighbor solicitation for fd00::1",
  },
  {
    name: "neighbor advertisement",
    draft: packet(
      ipv6({ source: six1, destination: link1, hopLimit: 255 }),
      icmpv6({
        type: "neighbor-advertisement",
        target: six1,
        router: true,
        solicited: true,
        override: true,
        options: [{ type: "target-link-layer-address", address: mac2 }],
      }),
    ),
    hex: "6000000000203afffd000000000000000000000000000001fe80000000000000000000000000000188009b1be0000000fd0000000000000000000000000000010201020000000002",
    line: "fd00::1 > fe80::1 ICMPv6 neighbor advertisement of fd00::1",
  },
  {
    name: "router solicitation",
    draft: packet(
      ipv6({ destination: parseIpv6("ff02::2"), hopLimit: 255 }),
      icmpv6({ type: "router-solicitation" }),
    ),
    hex: "6000000000083aff00000000000000000000000000000000ff02000000000000000000000000000285007bb800000000",
    line: ":: > ff02::2 ICMPv6 router solicitation",
  },
  {
    name: "router advertisement",
    draft: packet(
      ipv6({ source: link1, destination: parseIpv6("ff02::1"), hopLimit: 255 }),
      icmpv6({
        type: "router-advertisement",
        hopLimit: 64,
        otherConfiguration: true,
        preference: "high",
        routerLifetime: 1800,
        reachableTime: 5,
        retransmissionTime: 6,
        options: [
          {
            type: "prefix-information",
            prefix: parseIpv6("fd00::"),
            onLink: true,
            autonomous: true,
            validLifetime: 86_400,
            preferredLifetime: 14_400,
          },
          { type: "mtu", mtu: 1450 },
          { type: "recursive-dns-servers", lifetime: 600, servers: [parseIpv6("fd00::53")] },
        ],
      }),
    ),
    hex: "6000000000503afffe800000000000000000000000000001ff020000000000000000000000000001860046b3404807080000000500000006030440c0000151800000384000000000fd00000000000000000000000000000005010000000005aa1903000000000258fd000000000000000000000000000053",
    line: "fe80::1 > ff02::1 ICMPv6 router advertisement",
  },
  {
    name: "neighbor discovery redirect",
    draft: packet(
      ipv6({ source: link1, destination: parseIpv6("fd00::5"), hopLimit: 255 }),
      icmpv6({
        type: "redirect",
        target: parseIpv6("fe80::2"),
        destination: parseIpv6("fd00::9"),
        options: [
          {
            type: "redirected-header",
            quoted: packet(
              ipv6({ source: parseIpv6("fd00::5"), destination: parseIpv6("fd00::9") }),
              udp({ sourcePort: 1, destinationPort: 2, checksum: 0x2222 }),
            ),
          },
        ],
      }),
    ),
    hex: "6000000000603afffe800000000000000000000000000001fd0000000000000000000000000000058900edc300000000fe800000000000000000000000000002fd00000000000000000000000000000904070000000000006000000000081140fd000000000000000000000000000005fd0000000000000000000000000000090001000200082222",
    line: "fe80::1 > fd00::5 ICMPv6 redirect to fe80::2 for fd00::9",
  },
];

describe.each(rows)("$name", ({ linkType = "ip", draft, hex, line }) => {
  it("is built", () => {
    expect(Buffer.from(buildPacket(draft)).toString("hex")).toBe(hex);
  });

  it("is parsed", () => {
    const parsed = parsePacket(bytes(hex), { linkType });
    expect(matchPacket(parsed, draft)).toEqual([]);
    expect(describePacket(parsed)).toBe(line);
  });
});

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
