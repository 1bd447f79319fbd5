import { parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import {
  type AnyLayer,
  authenticationHeader,
  buildPacket,
  esp,
  ethernet,
  icmpv6,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  type PacketDraft,
  packet,
  sctp,
  tcp,
  udp,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { findFlaws } from "./flaws.ts";
import { Random } from "./random.ts";
import { validFrame } from "./valid-packets.ts";

const ipv4Ends = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };
const ipv6Ends = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };

type Parts = readonly [...AnyLayer[], AnyLayer | string];

function overIpv4(fields: Parameters<typeof ipv4>[0], ...parts: Parts): PacketDraft {
  return packet(ethernet(), ipv4({ ...ipv4Ends, ...fields }), ...parts);
}

function overIpv6(fields: Parameters<typeof ipv6>[0], ...parts: Parts): PacketDraft {
  return packet(ethernet(), ipv6({ ...ipv6Ends, ...fields }), ...parts);
}

const kinds = (draft: PacketDraft, gsoSize?: number) =>
  findFlaws(buildPacket(draft), gsoSize).map(({ kind, layer }) => `${layer} ${kind}`);

describe("a frame has the flaw", () => {
  it.each<[string, PacketDraft]>([
    ["ipv4 header", overIpv4({ totalLength: 100 }, udp({ checksum: 1 }), "")],
    ["ipv4 header", overIpv4({ totalLength: 19, protocol: 17 }, "")],
    ["ipv4 length", overIpv4({ totalLength: 0 }, udp(), "")],
    ["ipv4 checksum", overIpv4({ checksum: 1 }, udp(), "")],
    ["tcp header", overIpv4({ totalLength: 20 }, tcp(), "")],
    ["tcp header", overIpv4({}, tcp({ headerLength: 60 }), "")],
    ["udp header", overIpv4({}, udp({ length: 7 }), "")],
    ["udp header", overIpv6({}, udp({ length: 100 }), "")],
    ["sctp header", overIpv6({ payloadLength: 4 }, sctp(), "")],
    ["icmpv6 header", overIpv6({ payloadLength: 4 }, icmpv6({ type: "echo-request" }), "")],
    ["ipv6 header", overIpv6({ payloadLength: 100 }, udp({ checksum: 1 }), "")],
    ["ipv6 address", overIpv6({ source: parseIpv6("::ffff:10.0.0.1") }, udp(), "")],
    ["ah header", overIpv6({}, authenticationHeader({ headerLength: 8, nextHeader: 253 }), "")],
    [
      "ipv6-destination-options header",
      overIpv6({}, ipv6DestinationOptions({ headerLength: 64, nextHeader: 253 }), ""),
    ],
    ["ipv4 fragment", overIpv4({ moreFragments: true, protocol: 253 }, "1234567")],
    ["ipv4 fragment", overIpv4({ fragmentOffset: 65528, protocol: 253 }, "12345678")],
    [
      "ipv6-fragment fragment",
      overIpv6({}, ipv6Fragment({ moreFragments: true, nextHeader: 253 }), "1234567"),
    ],
    ["tcp first-fragment", overIpv4({ moreFragments: true, protocol: 6 }, "0".repeat(24))],
  ])("%s", (flaw, draft) => {
    expect(kinds(draft)).toEqual([flaw]);
  });
});

describe("a frame has no flaw", () => {
  it.each<[string, PacketDraft]>([
    ["what SCTP carries", overIpv4({ protocol: 132 }, "\0".repeat(14))],
    ["what an unknown protocol carries", overIpv4({ protocol: 253 }, "")],
    ["ESP that is cut short", overIpv4({ protocol: 50 }, "1234")],
    ["ESP", overIpv4({}, esp(), "1234")],
    ["a packet inside that is cut short", overIpv4({ protocol: 4 }, "E")],
    ["a packet inside of another version", overIpv6({ nextHeader: 41 }, "E".repeat(40))],
    ["a neighbour's message that is cut short", overIpv6({ nextHeader: 58 }, "\x87".repeat(12))],
    [
      "::ffff, which is not ::ffff:0:0/96",
      overIpv6({ source: parseIpv6("::ffff:1:2:3") }, udp(), ""),
    ],
  ])("in %s", (_name, draft) => {
    expect(kinds(draft)).toEqual([]);
  });

  it("when it is longer than its header can say, until it is cut up", () => {
    const buffers = [
      overIpv4({ totalLength: 0 }, tcp(), "x".repeat(100)),
      overIpv6({ payloadLength: 0 }, tcp(), "x".repeat(100)),
    ];
    for (const draft of buffers) {
      expect(kinds(draft, 50)).toEqual([]);
      expect(kinds(draft)).not.toEqual([]);
    }
  });
});

it("no frame of the generator has a flaw", () => {
  const random = new Random(1);
  for (let left = 3000; left > 0; left--) {
    const frame = validFrame(random, {
      sourceMacs: [parseMac("02:00:00:00:00:01")],
      destinationMacs: [parseMac("02:00:00:00:00:02")],
      sources: [ipv4Ends.source, ipv6Ends.source],
      destinations: [ipv4Ends.destination, ipv6Ends.destination],
    });
    // The payload of its fragments is random, the first one's too.
    expect(findFlaws(frame).filter(({ kind }) => kind !== "first-fragment")).toEqual([]);
  }
});
