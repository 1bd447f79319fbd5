import { parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  arp,
  buildPacket,
  describePacket,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  packet,
  type PacketDraft,
  parsePacket,
  ports,
  tcp,
  udp,
  vlan,
} from "./index.ts";

const pair = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };
const sixPair = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };
const mac = parseMac("02:00:00:00:00:01");

// What the rows of wire-rows.test.ts do not show.
const rows: readonly [PacketDraft, string][] = [
  [
    packet(
      ethernet({ source: mac }),
      arp({ operation: "reply", senderMac: mac, senderIp: pair.source }),
    ),
    "ARP 10.0.0.1 is at 02:00:00:00:00:01",
  ],
  [packet(ethernet(), arp({ operation: 8 })), "ARP operation 8"],
  [
    packet(ethernet({ source: mac }), "hello"),
    "02:00:00:00:00:01 > 00:00:00:00:00:00 0x88b5 length 5",
  ],
  [
    packet(ethernet({ source: mac }), vlan({ vlanId: 7, etherType: "lldp" }), "hello"),
    "02:00:00:00:00:01 > 00:00:00:00:00:00 / VLAN 7 lldp length 5",
  ],
  [packet(ipv4(pair), tcp({ flags: [] })), "10.0.0.1:0 > 10.0.0.2:0 TCP no flags"],
  [
    packet(ipv4({ ...pair, protocol: "tcp" }), ports({ sourcePort: 5, destinationPort: 6 })),
    "10.0.0.1 > 10.0.0.2 TCP length 4 (malformed tcp: it needs 20 bytes, 4 are there)",
  ],
  [packet(ipv4(pair), ipv6(sixPair), udp()), "10.0.0.1 > 10.0.0.2 / [fd00::1]:0 > [fd00::2]:0 UDP"],
  [
    packet(ipv6(sixPair), ipv6Fragment({ moreFragments: true }), udp({ checksum: 1 }), "part"),
    "[fd00::1]:0 > [fd00::2]:0 UDP length 4 fragment at 0",
  ],
  [packet(ipv6({ ...sixPair, nextHeader: "gre" }), "data"), "fd00::1 > fd00::2 GRE length 4"],
  [packet(ipv4(pair), icmp({ type: 77 }), "x"), "10.0.0.1 > 10.0.0.2 ICMP type 77 length 1"],
  [packet(ipv4(pair), icmp({ type: "timestamp" })), "10.0.0.1 > 10.0.0.2 ICMP timestamp"],
  [packet(ipv4(pair), icmp({ type: "time-exceeded" })), "10.0.0.1 > 10.0.0.2 ICMP ttl exceeded"],
  [
    packet(ipv4(pair), icmp({ type: "destination-unreachable", code: 200 })),
    "10.0.0.1 > 10.0.0.2 ICMP destination unreachable code 200",
  ],
  [
    packet(
      ipv6(sixPair),
      icmpv6({
        type: "destination-unreachable",
        code: "port-unreachable",
        quoted: packet(
          ipv6({ nextHeader: "udp", payloadLength: 8 }),
          ports({ destinationPort: 53 }),
        ),
      }),
    ),
    "fd00::1 > fd00::2 ICMPv6 port unreachable for [::]:0 > [::]:53 UDP cut short length 4",
  ],
  [
    packet(ipv6(sixPair), icmpv6({ type: "multicast-listener-report-v2" })),
    "fd00::1 > fd00::2 ICMPv6 multicast listener report v2",
  ],
  [packet("123"), "3 bytes (malformed packet: ip-version 3 is not known)"],
];

describe("describePacket", () => {
  it.each(rows.map(([draft, line]) => ({ draft, line })))("$line", ({ draft, line }) => {
    const linkType = draft.layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
    expect(describePacket(parsePacket(buildPacket(draft), { linkType }))).toBe(line);
  });

  it("counts what was not captured", () => {
    const bytes = buildPacket(
      packet(ipv4({ ...pair, totalLength: 1500 }), tcp({ flags: ["ack"] })),
    );
    expect(describePacket(parsePacket(bytes, { linkType: "ip", originalLength: 1500 }))).toBe(
      "10.0.0.1:0 > 10.0.0.2:0 TCP ACK length 1460",
    );
  });
});
