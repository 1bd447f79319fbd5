import { spawnSync } from "node:child_process";
import { broadcastMac, parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  arp,
  buildPacket,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6HopByHop,
  packet,
  type PacketDraft,
  pcapngInterface,
  pcapngPacket,
  pcapngSectionHeader,
  sctp,
  tcp,
  udp,
} from "./index.ts";

const mac1 = parseMac("02:00:00:00:00:01");
const mac2 = parseMac("02:00:00:00:00:02");
const frame = ethernet({ source: mac1, destination: mac2 });
const ip = ipv4({ source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") });
const six = ipv6({ source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") });
const link = ipv6({
  source: parseIpv6("fe80::1"),
  destination: parseIpv6("ff02::1"),
  hopLimit: 255,
});

const mldIp = ipv6({ ...link, hopLimit: 1 });
const routerAlert = ipv6HopByHop({
  options: [{ type: "router-alert", data: Uint8Array.of(0, 0) }],
});

/** Each packet and what tcpdump must say of it: the checksums are verified by its own code. */
const rows: readonly [PacketDraft, readonly (string | RegExp)[]][] = [
  [
    packet(
      ethernet({ source: mac1, destination: broadcastMac }),
      arp({ targetIp: parseIpv4("10.0.0.9") }),
    ),
    ["Request who-has 10.0.0.9 tell 0.0.0.0"],
  ],
  [
    packet(
      frame,
      ip,
      tcp({
        destinationPort: 80,
        flags: ["syn"],
        options: [
          { type: "maximum-segment-size", size: 1460 },
          { type: "sack-permitted" },
          { type: "timestamps", value: 5, echoReply: 6 },
          { type: "window-scale", shift: 7 },
        ],
      }),
      "odd",
    ),
    [/cksum 0x[0-9a-f]{4} \(correct\)/, "options [mss 1460,sackOK,TS val 5 ecr 6,wscale 7,eol]"],
  ],
  [packet(frame, six, udp({ destinationPort: 9 }), "hello"), ["[udp sum ok] UDP, length 5"]],
  [
    packet(frame, ip, sctp({ chunks: [{ type: "init", initiateTag: 9, outboundStreams: 3 }] })),
    ["[INIT] [init tag: 9] [rwnd: 0] [OS: 3]"],
  ],
  [
    packet(
      frame,
      ip,
      icmp({
        type: "destination-unreachable",
        code: "fragmentation-needed",
        nextHopMtu: 1400,
        quoted: packet(ip, udp({ destinationPort: 9 })),
      }),
    ),
    ["unreachable - need to frag (mtu 1400)", "10.0.0.1.0 > 10.0.0.2.9: [udp sum ok]"],
  ],
  [
    packet(
      frame,
      link,
      icmpv6({
        type: "neighbor-solicitation",
        target: parseIpv6("fd00::7"),
        options: [{ type: "source-link-layer-address", address: mac1 }],
      }),
    ),
    ["[icmp6 sum ok]", "who has fd00::7", "source link-address option (1), length 8 (1): 02:00:00"],
  ],
  [
    packet(
      frame,
      link,
      icmpv6({
        type: "router-advertisement",
        hopLimit: 64,
        routerLifetime: 1800,
        options: [
          { type: "prefix-information", prefix: parseIpv6("fd00::"), onLink: true },
          { type: "mtu", mtu: 1450 },
          { type: "recursive-dns-servers", lifetime: 60, servers: [parseIpv6("fd00::53")] },
        ],
      }),
    ),
    [
      "[icmp6 sum ok]",
      "router lifetime 1800s",
      "fd00::/64, Flags [onlink]",
      "mtu option (5), length 8 (1):  1450",
      "lifetime 60s, addr: fd00::53",
    ],
  ],
  [
    packet(
      frame,
      link,
      icmpv6({
        type: "router-advertisement",
        options: [
          { type: "advertisement-interval", interval: 7000 },
          { type: "home-agent-information", preference: 3, lifetime: 40 },
          {
            type: "route-information",
            prefix: parseIpv6("fd00:7::"),
            prefixLength: 64,
            preference: "high",
            lifetime: 90,
          },
          { type: "dns-search-list", lifetime: 50, domains: ["cluster.local", "example"] },
          {
            type: "pref64",
            lifetime: 1800,
            prefixLength: 96,
            prefix: parseIpv6("64:ff9b::"),
          },
          { type: "nonce", nonce: Uint8Array.of(1, 2, 3, 4, 5, 6) },
        ],
      }),
    ),
    [
      "[icmp6 sum ok]",
      "advertisement interval option (7), length 8 (1):  7000ms",
      "homeagent information option (8), length 8 (1):  preference 3, lifetime 40",
      "fd00:7::/64, pref=high, lifetime=90s",
      "lifetime 50s, domain(s): cluster.local. example.",
      // 1800 / 8 and the code 0 of 96 bits; tcpdump knows the number of the option only.
      "0x0000:  0708 0064 ff9b 0000",
    ],
  ],
  [
    packet(
      frame,
      mldIp,
      routerAlert,
      icmpv6({
        type: "multicast-listener-report-v2",
        records: [
          { type: "change-to-exclude", group: parseIpv6("ff02::1:ff00:7") },
          {
            type: "allow-new-sources",
            group: parseIpv6("ff05::9"),
            sources: [parseIpv6("fd00::1")],
          },
        ],
      }),
    ),
    [
      "[icmp6 sum ok] ICMP6, multicast listener report v2, 2 group record(s)",
      "[gaddr ff02::1:ff00:7 to_ex { }]",
      "[gaddr ff05::9 allow { fd00::1 }]",
    ],
  ],
  [
    packet(
      frame,
      mldIp,
      routerAlert,
      icmpv6({
        type: "multicast-listener-query",
        maximumResponseCode: 1000,
        group: parseIpv6("ff05::9"),
        version2: { robustness: 2, queryIntervalCode: 125, sources: [parseIpv6("fd00::1")] },
      }),
    ),
    [
      "[icmp6 sum ok]",
      "multicast listener query v2 [max resp delay=1000] [gaddr ff05::9 robustness=2 qqi=125",
    ],
  ],
  [
    packet(
      frame,
      mldIp,
      routerAlert,
      icmpv6({ type: "multicast-listener-done", group: parseIpv6("ff05::9") }),
    ),
    ["[icmp6 sum ok]", "multicast listener done", "addr: ff05::9"],
  ],
  [
    packet(
      frame,
      six,
      ipv6HopByHop({ options: [{ type: "router-alert", data: Uint8Array.of(0, 0) }] }),
      icmpv6({ type: "echo-request", identifier: 5, sequenceNumber: 6 }),
      "ping",
    ),
    ["HBH (rtalert: 0x0000)", "[icmp6 sum ok] ICMP6, echo request, id 5, seq 6"],
  ],
];

/** Time stamps that need all nine digits. */
const firstStamp = 1_700_000_000_123_456_789n;

describe("tcpdump", () => {
  it("reads our capture files, and agrees with our packets and their checksums", (context) => {
    if (spawnSync("tcpdump", ["--version"]).error !== undefined) {
      context.skip("tcpdump is not installed: apt-get install tcpdump");
    }
    const capture = Buffer.concat([
      pcapngSectionHeader({ application: "heddle" }),
      pcapngInterface({ name: "eth0", linkType: "ethernet" }),
      ...rows.map(([draft], index) =>
        pcapngPacket({
          interfaceId: 0,
          timestamp: firstStamp + BigInt(index),
          bytes: buildPacket(draft),
          comments: [`packet ${String(index)}`],
          direction: "inbound",
        }),
      ),
    ]);
    const args = ["-r", "-", "-vvv", "-n", "-tt", "--nano"];
    const { stdout, stderr } = spawnSync("tcpdump", args, { input: capture, encoding: "utf8" });
    expect(stderr).toMatch(/^reading from file -, link-type EN10MB/);
    // One packet begins at the start of a line, what is indented belongs to it.
    const said = stdout.trimEnd().split(/\n(?=\d)/);
    expect(said).toHaveLength(rows.length);
    for (const [index, [, expected]] of rows.entries()) {
      expect(said[index]).toMatch(`1700000000.${String(123_456_789 + index)} `);
      for (const part of expected) expect(said[index]).toMatch(part);
    }
    expect(stdout).not.toMatch(/incorrect|bad|wrong|\[\||invalid/);
  });
});
