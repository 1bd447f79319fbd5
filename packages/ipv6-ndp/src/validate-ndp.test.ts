import { type Ipv6Address, parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import {
  buildPacket,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6HopByHop,
  packet,
  type PacketDraft,
  parsePacket,
  udp,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { type NdpFault, validateNdp } from "./index.ts";

const link = parseIpv6("fe80::1");
const global = parseIpv6("fd00::1");
const nobody = parseIpv6("::");
const target = parseIpv6("fd00::7");
const allNodes = parseIpv6("ff02::1");
const group = parseIpv6("ff02::1:ff00:7");
const mac = parseMac("02:00:00:00:00:01");
const ownAddress = { type: "source-link-layer-address", address: mac } as const;
const zeroLength = Uint8Array.of(1, 0, 2, 0, 0, 0, 0, 1);

type Message = Parameters<typeof icmpv6>[0];

function message(
  fields: Message,
  source: Ipv6Address,
  destination: Ipv6Address,
  hopLimit = 255,
): PacketDraft {
  return packet(ipv6({ source, destination, hopLimit }), icmpv6(fields));
}

const solicitation = { type: "neighbor-solicitation", target } as const;
const advertisement = { type: "neighbor-advertisement", target } as const;
const redirect = { type: "redirect", target: link, destination: global } as const;

function faultOf(draft: PacketDraft): NdpFault | undefined {
  return validateNdp(parsePacket(buildPacket(draft), { linkType: "ip" }));
}

describe("a message that is valid", () => {
  it.each<[string, PacketDraft]>([
    [
      "router solicitation",
      message({ type: "router-solicitation", options: [ownAddress] }, link, parseIpv6("ff02::2")),
    ],
    [
      "router solicitation of nobody",
      message({ type: "router-solicitation" }, nobody, parseIpv6("ff02::2")),
    ],
    ["router advertisement", message({ type: "router-advertisement" }, link, allNodes)],
    [
      "neighbour solicitation to a group",
      message({ ...solicitation, options: [ownAddress] }, global, group),
    ],
    ["neighbour solicitation to one host", message(solicitation, global, target)],
    ["duplicate address detection", message(solicitation, nobody, group)],
    [
      "duplicate address detection with a nonce",
      message({ ...solicitation, options: [{ type: "nonce" }] }, nobody, group),
    ],
    ["neighbour advertisement", message({ ...advertisement, solicited: true }, target, link)],
    ["unsolicited neighbour advertisement", message(advertisement, target, allNodes)],
    ["redirect to a router", message(redirect, link, global)],
    ["redirect to a neighbour", message({ ...redirect, target: global }, link, global)],
    [
      "message with an unknown option",
      message(
        { ...solicitation, options: [{ type: 200, data: new Uint8Array(6) }] },
        global,
        group,
      ),
    ],
  ])("has no fault: %s", (_, draft) => {
    expect(faultOf(draft)).toBeUndefined();
  });
});

describe("a message that must be discarded", () => {
  it.each<[NdpFault, string, PacketDraft]>([
    ["hop-limit", "a hop limit of 254", message(solicitation, global, group, 254)],
    ["checksum", "a wrong checksum", message({ ...solicitation, checksum: 7 }, global, group)],
    ["code", "the code 1", message({ ...solicitation, code: 1 }, global, group)],
    [
      "option-length",
      "an option of no length",
      message({ ...solicitation, optionTail: zeroLength }, global, group),
    ],
    [
      "option-length",
      "an option beyond its end",
      message(
        { ...solicitation, optionTail: Uint8Array.of(1, 9, 0, 0, 0, 0, 0, 0) },
        global,
        group,
      ),
    ],
    [
      "option-length",
      "half an option",
      message({ ...advertisement, optionTail: Uint8Array.of(2, 1, 0, 0) }, target, link),
    ],
    [
      "source-option",
      "router solicitation of nobody, with an address",
      message({ type: "router-solicitation", options: [ownAddress] }, nobody, allNodes),
    ],
    [
      "source",
      "router advertisement of no link-local address",
      message({ type: "router-advertisement" }, global, allNodes),
    ],
    [
      "target",
      "solicitation for a group",
      message({ ...solicitation, target: allNodes }, global, group),
    ],
    [
      "destination",
      "duplicate address detection at one host",
      message(solicitation, nobody, target),
    ],
    [
      "destination",
      "duplicate address detection at another group",
      message(solicitation, nobody, allNodes),
    ],
    [
      "source-option",
      "duplicate address detection, with an address of another length",
      message({ ...solicitation, options: [{ type: 1, data: new Uint8Array(14) }] }, nobody, group),
    ],
    [
      "source-option",
      "duplicate address detection, with an address",
      message({ ...solicitation, options: [ownAddress] }, nobody, group),
    ],
    [
      "target",
      "advertisement of a group",
      message({ ...advertisement, target: allNodes }, target, link),
    ],
    [
      "destination",
      "solicited advertisement to a group",
      message({ ...advertisement, solicited: true }, target, allNodes),
    ],
    ["source", "redirect of no link-local address", message(redirect, target, global)],
    [
      "destination",
      "redirect for a group",
      message({ ...redirect, destination: group }, link, global),
    ],
    [
      "target",
      "redirect to a router that is not named by its link-local address",
      message({ ...redirect, target }, link, global),
    ],
    [
      "fragmented",
      "one in a fragment that is whole",
      packet(
        ipv6({ source: global, destination: group, hopLimit: 255 }),
        ipv6Fragment(),
        icmpv6(solicitation),
      ),
    ],
    ["not-ndp", "echo request", message({ type: "echo-request" }, global, target)],
    ["not-ndp", "UDP", packet(ipv6({ source: global, destination: target }), udp())],
    [
      "not-ndp",
      "IPv4",
      packet(ipv4({ source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") }), udp()),
    ],
  ])("is told by the fault %s: %s", (fault, _, draft) => {
    expect(faultOf(draft)).toBe(fault);
  });

  it("is one that is cut short, wherever it is cut", () => {
    const whole = buildPacket(message({ ...solicitation, options: [ownAddress] }, global, group));
    for (let length = 41; length < whole.length; length++) {
      const bytes = whole.subarray(0, length);
      const cut = parsePacket(bytes, { linkType: "ip", originalLength: whole.length });
      expect([length, validateNdp(cut)]).toEqual([length, "too-short"]);
    }
  });

  it("is one whose IPv6 header ends it before its fixed part does", () => {
    const whole = buildPacket(message(solicitation, global, group));
    whole[5] = 23;
    const short = parsePacket(whole.subarray(0, 63), { linkType: "ip" });
    expect(validateNdp(short)).toBe("too-short");
  });
});

it("extension headers before a message are no fault", () => {
  const ip = ipv6({ source: global, destination: group, hopLimit: 255 });
  expect(faultOf(packet(ip, ipv6HopByHop(), icmpv6(solicitation)))).toBeUndefined();
});
