import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import {
  arp,
  buildPacket,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  matchPacket,
  packet,
  type PacketDraft,
  parsePacket,
  tcp,
  udp,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { fitToMtu } from "./index.ts";

const pods = {
  source: parseIpv4("10.0.1.5"),
  destination: parseIpv4("10.0.2.7"),
  dontFragment: true,
};
const pods6 = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };
const bulk = new Uint8Array(1600).fill(7);

function fit(draft: PacketDraft, mtu: number) {
  const linkType = draft.layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
  return fitToMtu(parsePacket(buildPacket(draft), { linkType }), mtu);
}

describe("a packet", () => {
  it.each([
    ["IPv4", packet(ipv4(pods), udp(), new Uint8Array(1422))],
    ["IPv6", packet(ipv6(pods6), udp(), new Uint8Array(1402))],
    [
      "a frame, whose header does not count",
      packet(ethernet(), ipv4(pods), udp(), new Uint8Array(1422)),
    ],
    [
      "a padded frame",
      {
        ...packet(ethernet(), ipv4(pods), udp(), new Uint8Array(1422)),
        trailer: new Uint8Array(9),
      },
    ],
  ])("of as many bytes as the MTU fits, of one more it does not: %s", (_name, draft) => {
    expect(fit(draft, 1450)).toEqual({ outcome: "fits" });
    expect(fit(draft, 1449)).toMatchObject({ outcome: "answer", mtu: 1449 });
  });

  it("of IPv4 that may be fragmented is, before the tunnel", () => {
    const draft = packet(ipv4({ ...pods, dontFragment: false }), udp(), bulk);
    expect(fit(draft, 1450)).toEqual({ outcome: "fragment", mtu: 1450 });
  });
});

describe("the answer to a packet that is too large", () => {
  it("is ICMP fragmentation needed, with the MTU and as much of the packet as 576 bytes hold", () => {
    const draft = packet(ipv4(pods), tcp({ sourcePort: 5, destinationPort: 80 }), bulk);
    const result = fit(draft, 1450);
    if (result.outcome !== "answer") throw new Error(`the outcome is ${result.outcome}`);
    const built = buildPacket(packet(ipv4(), result.error));
    expect(built).toHaveLength(576);
    const quoted = { layers: draft.layers };
    const expected = icmp({
      type: "destination-unreachable",
      code: "fragmentation-needed",
      nextHopMtu: 1450,
      quoted,
    });
    const found = parsePacket(built, { linkType: "ip" });
    expect(matchPacket(found, packet(ipv4(), expected))).toEqual([]);
  });

  it("is ICMPv6 packet too big, with the MTU and as much of the packet as 1280 bytes hold", () => {
    const draft = packet(ipv6(pods6), tcp({ sourcePort: 5, destinationPort: 80 }), bulk);
    const result = fit(draft, 1430);
    if (result.outcome !== "answer") throw new Error(`the outcome is ${result.outcome}`);
    const built = buildPacket(packet(ipv6(), result.error));
    expect(built).toHaveLength(1280);
    const expected = icmpv6({
      type: "packet-too-big",
      mtu: 1430,
      quoted: { layers: draft.layers },
    });
    const found = parsePacket(built, { linkType: "ip" });
    expect(matchPacket(found, packet(ipv6(), expected))).toEqual([]);
  });

  it.each([
    ["an echo request", packet(ipv4(pods), icmp({ type: "echo-request" }), bulk)],
    ["another ICMP message", packet(ipv4(pods), icmp({ type: 42 }), bulk)],
    ["an ICMPv6 echo", packet(ipv6(pods6), icmpv6({ type: "echo-reply" }), bulk)],
    [
      "a first fragment",
      packet(ipv4({ ...pods, moreFragments: true }), udp({ checksum: 1 }), bulk),
    ],
    ["IPv6 multicast", packet(ipv6({ ...pods6, destination: parseIpv6("ff0e::1") }), udp(), bulk)],
    [
      "a later fragment of IPv6",
      packet(ipv6(pods6), ipv6Fragment({ fragmentOffset: 8, nextHeader: "udp" }), bulk),
    ],
    [
      "an error in a tunnel of IPv4 in IPv4",
      packet(ipv4(pods), ipv4(), icmp({ type: "time-exceeded", quoted: packet(bulk) })),
    ],
  ])("is given to %s", (_name, draft) => {
    expect(fit(draft, 1450).outcome).toBe("answer");
  });
});

describe("no answer", () => {
  const quoted = packet(ipv4({ ...pods, protocol: "udp" }), bulk);
  it.each([
    ["an ICMP error", packet(ipv4(pods), icmp({ type: "time-exceeded", quoted }))],
    ["an ICMP redirect", packet(ipv4(pods), icmp({ type: "redirect", quoted }))],
    ["source quench", packet(ipv4(pods), icmp({ type: 4 }), bulk)],
    ["an ICMPv6 error", packet(ipv6(pods6), icmpv6({ type: "packet-too-big", quoted }))],
    ["an ICMPv6 error that is not known", packet(ipv6(pods6), icmpv6({ type: 100 }), bulk)],
    [
      "an ICMPv6 error behind extension headers",
      packet(ipv6(pods6), ipv6DestinationOptions(), icmpv6({ type: "time-exceeded", quoted })),
    ],
    [
      "a later fragment of IPv6 that may be of an error",
      packet(ipv6(pods6), ipv6Fragment({ fragmentOffset: 8, nextHeader: "icmpv6" }), bulk),
    ],
    [
      "a later fragment of IPv4",
      packet(ipv4({ ...pods, fragmentOffset: 8, protocol: "udp" }), bulk),
    ],
    ["IPv4 multicast", packet(ipv4({ ...pods, destination: parseIpv4("224.0.0.1") }), udp(), bulk)],
    [
      "IPv4 broadcast",
      packet(ipv4({ ...pods, destination: parseIpv4("255.255.255.255") }), udp(), bulk),
    ],
    ["the source 0.0.0.0", packet(ipv4({ ...pods, source: parseIpv4("0.0.0.0") }), udp(), bulk)],
    ["a loopback source", packet(ipv4({ ...pods, source: parseIpv4("127.0.0.1") }), udp(), bulk)],
    ["a multicast source", packet(ipv4({ ...pods, source: parseIpv4("224.0.0.1") }), udp(), bulk)],
    ["the source ::", packet(ipv6({ ...pods6, source: parseIpv6("::") }), udp(), bulk)],
    [
      "an IPv6 multicast source",
      packet(ipv6({ ...pods6, source: parseIpv6("ff02::1") }), udp(), bulk),
    ],
  ])("is given to %s", (_name, draft) => {
    expect(fit(draft, 1450)).toEqual({ outcome: "drop", reason: "no-answer-allowed" });
  });

  it.each([
    ["IPv6 below 1280", packet(ipv6(pods6), udp(), bulk), 1279],
    ["IPv4 below 68", packet(ipv4(pods), udp(), bulk), 67],
  ])("helps with %s", (_name, draft, mtu) => {
    expect(fit(draft, mtu)).toEqual({ outcome: "drop", reason: "below-minimum" });
    expect(fit(draft, mtu + 1)).toMatchObject({ outcome: "answer", mtu: mtu + 1 });
  });

  it("is there for what is not IP", () => {
    const drop = { outcome: "drop", reason: "not-ip" };
    expect(fit(packet(ethernet({ etherType: "lldp" }), bulk), 1450)).toEqual(drop);
    expect(fit(packet(ethernet(), arp()), 1450)).toEqual({ outcome: "fits" });
  });
});
