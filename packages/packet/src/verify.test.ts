import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  buildPacket,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  packet,
  type PacketDraft,
  parsePacket,
  sctp,
  tcp,
  udp,
  verifyChecksums,
} from "./index.ts";

const pair = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };
const sixPair = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };

function verdicts(draft: PacketDraft, originalLength = 0): readonly string[] {
  const linkType = draft.layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
  return verifyChecksums(parsePacket(buildPacket(draft), { linkType, originalLength })).map(
    ({ kind, verdict }) => `${kind} ${verdict}`,
  );
}

describe("verifyChecksums", () => {
  it.each([
    ["a sound packet", packet(ipv4(pair), tcp(), "x"), ["ipv4 correct", "tcp correct"]],
    [
      "a wrong IP checksum alone",
      packet(ipv4({ ...pair, checksum: 1 }), tcp()),
      ["ipv4 wrong", "tcp correct"],
    ],
    ["UDP", packet(ipv6(sixPair), udp({ checksum: 7 }), "x"), ["udp wrong"]],
    ["UDP without one", packet(ipv6(sixPair), udp({ checksum: 0 })), ["udp absent"]],
    ["SCTP", packet(ipv6(sixPair), sctp({ checksum: 0xffff })), ["sctp wrong"]],
    ["SCTP without one", packet(ipv6(sixPair), sctp({ checksum: 0 })), ["sctp absent"]],
    ["ICMP", packet(ipv4(pair), icmp({ type: 9, checksum: 7 })), ["ipv4 correct", "icmp wrong"]],
    ["ICMPv6", packet(ipv6(sixPair), icmpv6({ type: 9, checksum: 7 })), ["icmpv6 wrong"]],
    [
      "a tunnel",
      packet(ipv4(pair), ipv6(sixPair), udp({ checksum: 7 })),
      ["ipv4 correct", "udp wrong"],
    ],
    [
      "a fragment",
      packet(ipv6(sixPair), ipv6Fragment({ moreFragments: true }), udp({ checksum: 7 }), "part"),
      ["udp incomplete"],
    ],
    ["no layer", packet("x"), []],
  ])("of %s", (_name, draft, expected) => {
    expect(verdicts(draft)).toEqual(expected);
  });

  it("knows only header checksums of a capture that was cut", () => {
    const draft = packet(
      ipv4({ ...pair, totalLength: 1500, checksum: 1 }),
      udp({ checksum: 7, length: 1480 }),
    );
    expect(verdicts(draft, 1500)).toEqual(["ipv4 wrong", "udp incomplete"]);
  });

  it("does not count the padding of a short frame", () => {
    const draft = packet(ethernet(), ipv4(pair), udp(), "x");
    expect(verdicts({ ...draft, trailer: Uint8Array.of(1, 2, 3) })).toEqual([
      "ipv4 correct",
      "udp correct",
    ]);
  });

  it("takes both zeros of one's complement for one another", () => {
    const sourcePort = 0xffff - 17 - 8 - 8;
    const tcpPort = 0xffff - 6 - 20 - 0x5000;
    expect(verdicts(packet(ipv6(), udp({ sourcePort, checksum: 0xffff })))).toEqual([
      "udp correct",
    ]);
    const zero = packet(ipv6(), tcp({ sourcePort: tcpPort, window: 0, checksum: 0xffff }));
    expect(verdicts(zero)).toEqual(["tcp correct"]);
  });

  it("does not judge a packet that was not segmented yet", () => {
    const large = packet(
      ipv4({ ...pair, totalLength: 0 }),
      tcp({ checksum: 1 }),
      new Uint8Array(66_000),
    );
    expect(verdicts(large)).toEqual(["ipv4 correct", "tcp incomplete"]);
  });

  it("says what was found and what it should be", () => {
    const found = parsePacket(buildPacket(packet(ipv4({ checksum: 5 }), "x")), { linkType: "ip" });
    expect(verifyChecksums(found)).toEqual([
      { index: 0, kind: "ipv4", verdict: "wrong", found: 5, computed: 0x79ed },
    ]);
  });
});
