import {
  broadcastMac,
  type IpAddress,
  type IpFamily,
  type Ipv4Address,
  type Ipv6Address,
  isIpv4Address,
  type MacAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "@heddle/contracts";
import {
  type AnyLayer,
  arp,
  buildPacket,
  ethernet,
  icmpv6,
  ipv4,
  ipv6,
  packet,
  type PacketDraft,
  tcp,
  type TcpFlag,
  udp,
} from "@heddle/packet";

/** What differs between the packets of many flows: two numbers of 16 bits. */
export interface Variation {
  /** By default the source port. */
  readonly low: number;
  /** By default the destination port. */
  readonly high: number;
}

/** What every run of the hot test has. */
export const hotVariation: Variation = { low: 4000, high: 80 };

/** From whom to whom, over one link. */
export interface Hop {
  readonly sourceMac: MacAddress;
  readonly destinationMac: MacAddress;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** TTL or hop limit. @defaultValue 64 */
  readonly ttl?: number;
}

export type TransportName = "tcp" | "udp";

/** The offset of the source port; the destination port follows. */
export function portOffset(family: IpFamily): number {
  return family === 4 ? 34 : 54;
}

/**
 * A packet of a flow with 64 bytes of payload. Its checksum is 0, since it does not follow when the ports are
 * overwritten; no program looks at it.
 */
export function flowPacket(
  hop: Hop,
  protocol: TransportName,
  ports: Variation,
  flags: readonly TcpFlag[] = ["ack"],
): Uint8Array {
  const { low: sourcePort, high: destinationPort } = ports;
  const fields = { sourcePort, destinationPort, checksum: 0 };
  const transport = protocol === "tcp" ? tcp({ ...fields, flags }) : udp(fields);
  return buildPacket(packet(...linkAndNetwork(hop), transport, "x".repeat(64)));
}

/**
 * The frame with the transport checksum of another one. Whoever changes addresses changes it too, from the 0 that is none to what
 * is none either.
 */
export function withChecksum(
  frame: Uint8Array,
  other: Uint8Array,
  protocol: TransportName,
  family: IpFamily,
): Uint8Array {
  const at = portOffset(family) + (protocol === "tcp" ? 16 : 6);
  const copy = frame.slice();
  copy.set(other.subarray(at, at + 2), at);
  return copy;
}

function linkAndNetwork(hop: Hop): readonly AnyLayer[] {
  const { source, destination, ttl = 64 } = hop;
  const link = ethernet({ source: hop.sourceMac, destination: hop.destinationMac });
  if (isIpv4Address(source) && isIpv4Address(destination)) {
    return [link, ipv4({ source, destination, ttl })];
  }
  return [
    link,
    ipv6({ source: parseIpv6(source), destination: parseIpv6(destination), hopLimit: ttl }),
  ];
}

/** Bytes of the shortest frame that can be rewound. */
const shortestFrame = 86;

/** Offset of the lower half of the sender's address in an ARP message. */
export const arpSenderOffset = 30;

/** A pod asks for its gateway, or is answered; the pod's address varies. */
export interface Asking {
  readonly podMac: MacAddress;
  readonly gatewayMac: MacAddress;
  readonly gateway: IpAddress;
}

/** The request, in a frame that is padded. */
export function arpRequest({ podMac, gateway }: Asking, { low }: Variation): Uint8Array {
  const link = ethernet({ source: podMac, destination: broadcastMac });
  const senderIp = arpSender(low);
  const message = arp({ senderMac: podMac, senderIp, targetIp: parseIpv4(gateway) });
  return padded(packet(link, message));
}

export function arpReply({ podMac, gatewayMac, gateway }: Asking, { low }: Variation): Uint8Array {
  const link = ethernet({ source: gatewayMac, destination: podMac });
  const message = arp({
    operation: "reply",
    senderMac: gatewayMac,
    senderIp: parseIpv4(gateway),
    targetMac: podMac,
    targetIp: arpSender(low),
  });
  return padded(packet(link, message));
}

function arpSender(low: number): Ipv4Address {
  return parseIpv4(`10.244.${String(low >> 8)}.${String(low & 0xff)}`);
}

function padded(draft: PacketDraft): Uint8Array {
  const bytes = buildPacket(draft);
  const frame = new Uint8Array(Math.max(bytes.length, shortestFrame));
  frame.set(bytes);
  return frame;
}

/** The solicitation. */
export function solicitation({ podMac, gateway }: Asking, { low }: Variation): Uint8Array {
  const link = ethernet({ source: podMac, destination: parseMac("33:33:ff:00:00:01") });
  const destination = parseIpv6("ff02::1:ff00:1");
  const message = icmpv6({
    type: "neighbor-solicitation",
    target: parseIpv6(gateway),
    options: [{ type: "source-link-layer-address", address: podMac }],
  });
  return buildPacket(
    packet(link, ipv6({ source: ndpSender(low), destination, hopLimit: 255 }), message),
  );
}

export function advertisement(asking: Asking, { low }: Variation): Uint8Array {
  const { podMac, gatewayMac, gateway } = asking;
  const link = ethernet({ source: gatewayMac, destination: podMac });
  const source = parseIpv6(gateway);
  const message = icmpv6({
    type: "neighbor-advertisement",
    router: true,
    solicited: true,
    override: true,
    target: source,
    options: [{ type: "target-link-layer-address", address: gatewayMac }],
  });
  return buildPacket(
    packet(link, ipv6({ source, destination: ndpSender(low), hopLimit: 255 }), message),
  );
}

function ndpSender(low: number): Ipv6Address {
  return parseIpv6(`fe80::ff:fe00:${low.toString(16)}`);
}
