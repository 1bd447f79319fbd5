import type { InterfaceIndex, IpAddress } from "@heddle/contracts";
import { type AttributesCodec, attributes, type UnknownAttributes } from "../netlink/attributes.ts";
import { type Body, type BodyCodec, bodyCodec } from "../netlink/message.ts";
import { deviceIndex, ipAddress, named, opaque, s32, u16, u32, u8 } from "../netlink/payload.ts";
import { struct, type Struct } from "../netlink/struct.ts";
import { metricsCodec, type RouteMetrics } from "./metrics.ts";
import { multipath } from "./multipath.ts";
import { routePreferences, type RoutePreference } from "./names.ts";
import { via } from "./via.ts";

/** `struct rtmsg` of linux/rtnetlink.h. */
export interface RouteHeader {
  readonly family: number;
  readonly destinationLength: number;
  readonly sourceLength: number;
  readonly tos: number;
  /** 252 (`RT_TABLE_COMPAT`) for tables above 255, whose number is in the attribute. */
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  /** `RTM_F_*`, and in the low eight bits the `RTNH_F_*` of a single next hop. */
  readonly flags: number;
}

/** `struct rta_cacheinfo`. */
export interface RouteCacheInfo {
  readonly references: number;
  readonly lastUse: number;
  /** Hundredths of a second. */
  readonly expires: number;
  readonly error: number;
  readonly used: number;
  readonly id: number;
  readonly stamp: number;
  readonly stampAge: number;
}

/** Attributes of a next hop, on their own in a multipath route and among the route's else. */
export interface NextHopAttributes extends UnknownAttributes {
  readonly gateway?: IpAddress;
  /** A gateway of another family than the route. */
  readonly via?: IpAddress;
  readonly encapType?: number;
  readonly encap?: Uint8Array;
}

/** `RTA_*`. */
export interface RouteAttributes extends NextHopAttributes {
  readonly destination?: IpAddress;
  readonly source?: IpAddress;
  readonly inputDevice?: InterfaceIndex;
  readonly device?: InterfaceIndex;
  readonly priority?: number;
  readonly preferredSource?: IpAddress;
  readonly metrics?: RouteMetrics;
  readonly multipath?: readonly WireNextHop[];
  readonly cacheInfo?: RouteCacheInfo;
  readonly table?: number;
  readonly mark?: number;
  readonly preference?: RoutePreference;
  /** Seconds; in requests only. */
  readonly expires?: number;
  readonly nextHopId?: number;
}

/** `struct rtnexthop` and what follows it. */
export interface WireNextHop {
  readonly flags: number;
  /** The weight less one. */
  readonly hops: number;
  readonly device: InterfaceIndex | undefined;
  readonly attributes: NextHopAttributes;
}

const cacheInfo: Struct<RouteCacheInfo> = struct({
  references: u32,
  lastUse: u32,
  expires: s32,
  error: u32,
  used: u32,
  id: u32,
  stamp: u32,
  stampAge: u32,
});

const nextHopAttributes: AttributesCodec<NextHopAttributes> = attributes({
  gateway: [5, ipAddress],
  via: [18, via],
  encapType: [21, u16],
  encap: [22, opaque],
});

const routeAttributes: AttributesCodec<RouteAttributes> = attributes({
  destination: [1, ipAddress],
  source: [2, ipAddress],
  inputDevice: [3, deviceIndex],
  device: [4, deviceIndex],
  gateway: [5, ipAddress],
  priority: [6, u32],
  preferredSource: [7, ipAddress],
  metrics: [8, metricsCodec],
  multipath: [9, multipath(nextHopAttributes)],
  cacheInfo: [12, cacheInfo],
  table: [15, u32],
  mark: [16, u32],
  via: [18, via],
  preference: [20, named(u8, routePreferences)],
  encapType: [21, u16],
  encap: [22, opaque],
  expires: [23, u32],
  nextHopId: [30, u32],
});

const routeHeader: Struct<RouteHeader> = struct({
  family: u8,
  destinationLength: u8,
  sourceLength: u8,
  tos: u8,
  table: u8,
  protocol: u8,
  scope: u8,
  type: u8,
  flags: u32,
});

export type RouteBody = Body<RouteHeader, RouteAttributes>;

export const routeCodec: BodyCodec<RouteHeader, RouteAttributes> = bodyCodec(
  routeHeader,
  routeAttributes,
);
