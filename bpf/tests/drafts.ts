import { type IpAddress, ipFamily, isIpv4Address, type MacAddress } from "@heddle/contracts";
import {
  type AnyLayer,
  type Draft,
  ethernet,
  icmp,
  icmpv6,
  type Ipv4,
  ipv4,
  type Ipv6,
  ipv6,
  type LayerFields,
  packet,
  type PacketDraft,
  tcp,
  type TcpFlag,
} from "@heddle/packet";

/** Where a packet comes from and goes to, at one hop. */
export interface Hop {
  readonly sourceMac: MacAddress;
  readonly destinationMac: MacAddress;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** TTL or hop limit. @defaultValue 64 */
  readonly ttl?: number;
  /** Further fields of the IPv4 header. */
  readonly ipv4?: LayerFields<Ipv4>;
}

/** The Ethernet and IP headers of a hop. */
export function headers(hop: Hop): readonly AnyLayer[] {
  return [ethernet({ source: hop.sourceMac, destination: hop.destinationMac }), ip(hop)];
}

/** The IP header of the addresses' family. */
function ip({ source, destination, ttl = 64, ipv4: fields }: Hop): Draft<Ipv4> | Draft<Ipv6> {
  if (isIpv4Address(source)) {
    if (isIpv4Address(destination)) return ipv4({ source, destination, ttl, ...fields });
  } else if (!isIpv4Address(destination)) {
    return ipv6({ source, destination, hopLimit: ttl });
  }
  throw new Error(`${source} and ${destination} are not of one family`);
}

/** A TCP segment with a few bytes of payload, as a connection that stands has them. */
export function tcpPacket(
  hop: Hop,
  payload = "hello",
  sourcePort = 4000,
  flags: readonly TcpFlag[] = ["ack"],
): PacketDraft {
  return packet(...headers(hop), tcp({ sourcePort, destinationPort: 80, flags }), payload);
}

/** The same packet without its Ethernet header. */
export function withoutLink({ layers, ...rest }: PacketDraft): PacketDraft {
  return { ...rest, layers: layers.slice(1) };
}

/** A packet of the hop as an ICMP error quotes it. */
export function quotation(hop: Hop, transport: AnyLayer, payload = "12345678"): PacketDraft {
  return packet(ip(hop), transport, payload);
}

/** Says that the hop limit of what it quotes is used up. */
export function errorAbout(hop: Hop, quoted: PacketDraft): PacketDraft {
  const error =
    ipFamily(hop.source) === 4
      ? icmp({ type: "time-exceeded", quoted })
      : icmpv6({ type: "time-exceeded", quoted });
  return packet(...headers(hop), error);
}

/** An echo request of the hop's family. */
export function echoPacket(hop: Hop): PacketDraft {
  const echo =
    ipFamily(hop.source) === 4
      ? icmp({ type: "echo-request", identifier: 7 })
      : icmpv6({ type: "echo-request", identifier: 7 });
  return packet(...headers(hop), echo, "ping");
}
