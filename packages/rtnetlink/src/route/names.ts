import { enumeration, type Enumeration, flagSet, type FlagSet } from "../netlink/enumeration.ts";

/** Who made a route or a rule, `RTPROT_*` of linux/rtnetlink.h. The kernel interprets only those below `static`. */
export type RouteProtocolName =
  | "unspec"
  | "redirect"
  | "kernel"
  | "boot"
  | "static"
  | "gated"
  | "ra"
  | "mrt"
  | "zebra"
  | "bird"
  | "dnrouted"
  | "xorp"
  | "ntk"
  | "dhcp"
  | "mrouted"
  | "keepalived"
  | "babel"
  | "openr"
  | "bgp"
  | "isis"
  | "ospf"
  | "rip"
  | "eigrp";
export type RouteProtocol = RouteProtocolName | number;

export const routeProtocols: Enumeration<RouteProtocolName> = enumeration("route protocol", {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  mrouted: 17,
  keepalived: 18,
  babel: 42,
  openr: 99,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
});

/** A routing table: one of the three that always exist, or a number from 1 to 2^32 - 1. */
export type RouteTable = RouteTableName | number;
export type RouteTableName = "default" | "main" | "local";

export const routeTables: Enumeration<RouteTableName> = enumeration("routing table", {
  default: 253,
  main: 254,
  local: 255,
});

/** The number in a header's eight-bit field: `RT_TABLE_COMPAT` where the table's own does not fit. */
export function headerTable(table: number): number {
  return table > 0xff ? 252 : table;
}

/** What becomes of a packet to the destination, `RTN_*` of linux/rtnetlink.h. */
export type RouteType = RouteTypeName | number;
export type RouteTypeName =
  | "unspec"
  | "unicast"
  | "local"
  | "broadcast"
  | "anycast"
  | "multicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "throw"
  | "nat"
  | "xresolve";

export const routeTypes: Enumeration<RouteTypeName> = enumeration("route type", {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
});

/** `RTNH_F_*` of linux/rtnetlink.h. An unnamed bit is its value. */
export type NextHopFlag = NextHopFlagName | number;
export type NextHopFlagName =
  | "dead"
  | "pervasive"
  | "onlink"
  | "offload"
  | "linkdown"
  | "unresolved"
  | "trap";

export const nextHopFlags: FlagSet<NextHopFlagName> = flagSet("next hop flag", {
  dead: 0x1,
  pervasive: 0x2,
  onlink: 0x4,
  offload: 0x8,
  linkdown: 0x10,
  unresolved: 0x20,
  trap: 0x40,
});

/** A router's preference over others with the same destination and metric; IPv6 only, RFC 4191 section 2.1. */
export type RoutePreference = RoutePreferenceName | number;
export type RoutePreferenceName = "medium" | "high" | "low";

export const routePreferences: Enumeration<RoutePreferenceName> = enumeration("route preference", {
  medium: 0,
  high: 1,
  low: 3,
});
