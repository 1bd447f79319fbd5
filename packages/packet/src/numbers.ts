import { nameTable, type NameTable } from "./wire/names.ts";

/** Names of EtherTypes (IEEE 802 numbers registry). */
export type EtherTypeName =
  | "ipv4"
  | "arp"
  | "transparent-ethernet-bridging"
  | "vlan"
  | "ipv6"
  | "mpls"
  | "service-vlan"
  | "lldp";

/** What follows an Ethernet or VLAN header: a name, or the number where it has none here. */
export type EtherType = EtherTypeName | number;

/** Names and numbers of EtherTypes. */
export const etherTypes: NameTable<EtherTypeName> = nameTable({
  ipv4: 0x0800,
  arp: 0x0806,
  "transparent-ethernet-bridging": 0x6558,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  "service-vlan": 0x88a8,
  lldp: 0x88cc,
});

/** IEEE 802 local experimental EtherType 1, for a frame whose payload has no type of its own. */
export const experimentalEtherType = 0x88b5;

/** Names of IP protocols and IPv6 next headers (IANA protocol numbers). */
export type IpProtocolName =
  | "ipv6-hop-by-hop"
  | "icmp"
  | "igmp"
  | "ipv4"
  | "tcp"
  | "udp"
  | "ipv6"
  | "ipv6-routing"
  | "ipv6-fragment"
  | "gre"
  | "esp"
  | "ah"
  | "icmpv6"
  | "ipv6-no-next-header"
  | "ipv6-destination-options"
  | "ospf"
  | "vrrp"
  | "sctp"
  | "udp-lite";

/** What follows an IP header: a name, or the number where it has none here. */
export type IpProtocol = IpProtocolName | number;

/** Names and numbers of IP protocols. */
export const ipProtocols: NameTable<IpProtocolName> = nameTable({
  "ipv6-hop-by-hop": 0,
  icmp: 1,
  igmp: 2,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  "ipv6-routing": 43,
  "ipv6-fragment": 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  "ipv6-no-next-header": 59,
  "ipv6-destination-options": 60,
  ospf: 89,
  vrrp: 112,
  sctp: 132,
  "udp-lite": 136,
});

/** Protocol number for experiments (RFC 3692), for a packet whose payload has no protocol of its own. */
export const experimentalProtocol = 253;
