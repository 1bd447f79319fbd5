import { parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import { findLayer, parsePacket } from "@heddle/packet";
import { expect, it } from "vitest";
import {
  advertisement,
  arpReply,
  arpRequest,
  arpSenderOffset,
  type Asking,
  flowPacket,
  type Hop,
  portOffset,
  solicitation,
  type Variation,
} from "./frames.ts";

const variation: Variation = { low: 0x1234, high: 0x5678 };
const other: Variation = { low: 0xabcd, high: 0xef01 };
const macs = {
  sourceMac: parseMac("02:00:00:00:00:01"),
  destinationMac: parseMac("02:00:00:00:00:02"),
};
const hops: Readonly<Record<4 | 6, Hop>> = {
  4: { ...macs, source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") },
  6: { ...macs, source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") },
};
const asking = (gateway: Asking["gateway"]): Asking => ({
  podMac: macs.sourceMac,
  gatewayMac: macs.destinationMac,
  gateway,
});

/** As the program that rewinds does it. */
function overwrite(frame: Uint8Array, low: number, high: number | undefined): Uint8Array {
  const copy = frame.slice();
  const view = new DataView(copy.buffer);
  view.setUint16(low, other.low);
  if (high !== undefined) view.setUint16(high, other.high);
  return copy;
}

it.each([
  [4, "tcp"],
  [4, "udp"],
  [6, "tcp"],
  [6, "udp"],
] as const)("the ports of IPv%i %s lie where they are overwritten", (family, protocol) => {
  const offset = portOffset(family);
  const frame = flowPacket(hops[family], protocol, variation);
  expect(overwrite(frame, offset, offset + 2)).toEqual(flowPacket(hops[family], protocol, other));
});

it("so does what varies of who asks for the gateway by ARP", () => {
  const asked = asking(parseIpv4("169.254.1.1"));
  const request = overwrite(arpRequest(asked, variation), arpSenderOffset, undefined);
  expect(request).toEqual(arpRequest(asked, other));
});

it("who asks is answered", () => {
  const reply = parsePacket(arpReply(asking(parseIpv4("169.254.1.1")), variation), {
    linkType: "ethernet",
  });
  expect(findLayer(reply, "arp")).toMatchObject({ operation: "reply", targetIp: "10.244.18.52" });
  const answer = parsePacket(advertisement(asking(parseIpv6("fe80::1")), variation), {
    linkType: "ethernet",
  });
  expect(findLayer(answer, "ipv6")).toMatchObject({ destination: "fe80::ff:fe00:1234" });
});

it("every frame is as long as what is put back of it", () => {
  const [ipv4, ipv6] = [asking(parseIpv4("169.254.1.1")), asking(parseIpv6("fe80::1"))];
  const frames = [
    ...([4, 6] as const).flatMap((family) => [
      flowPacket(hops[family], "tcp", variation),
      flowPacket(hops[family], "udp", variation),
    ]),
    arpRequest(ipv4, variation),
    solicitation(ipv6, variation),
  ];
  for (const { length } of frames) expect(length).toBeGreaterThanOrEqual(86);
});
