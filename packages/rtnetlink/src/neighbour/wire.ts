import type { IpAddress, MacAddress } from "@heddle/contracts";
import { type AttributesCodec, attributes, type UnknownAttributes } from "../netlink/attributes.ts";
import { type Body, type BodyCodec, bodyCodec } from "../netlink/message.ts";
import { be16, ipAddress, mac, named, s32, u16, u32, u8 } from "../netlink/payload.ts";
import { struct, type Struct } from "../netlink/struct.ts";
import { type RouteProtocol, routeProtocols } from "../route/names.ts";

/** `struct ndmsg` of linux/neighbour.h. */
export interface NeighbourHeader {
  readonly family: number;
  readonly index: number;
  readonly state: number;
  readonly flags: number;
  /** `RTN_*`. */
  readonly type: number;
}

/** `struct nda_cacheinfo`: ages in hundredths of a second. */
interface NeighbourCacheInfo {
  readonly confirmed: number;
  readonly used: number;
  readonly updated: number;
  readonly references: number;
}

/** `NDA_*`. */
export interface NeighbourAttributes extends UnknownAttributes {
  readonly destination?: IpAddress;
  readonly address?: MacAddress;
  readonly cacheInfo?: NeighbourCacheInfo;
  readonly probes?: number;
  readonly vlan?: number;
  readonly port?: number;
  readonly vni?: number;
  readonly protocol?: RouteProtocol;
  readonly nextHopId?: number;
  /** `NTF_EXT_*`; since Linux 5.16. */
  readonly extendedFlags?: number;
}

const cacheInfo: Struct<NeighbourCacheInfo> = struct({
  confirmed: u32,
  used: u32,
  updated: u32,
  references: u32,
});

const neighbourAttributes: AttributesCodec<NeighbourAttributes> = attributes({
  destination: [1, ipAddress],
  address: [2, mac],
  cacheInfo: [3, cacheInfo],
  probes: [4, u32],
  vlan: [5, u16],
  port: [6, be16],
  vni: [7, u32],
  protocol: [12, named(u8, routeProtocols)],
  nextHopId: [13, u32],
  extendedFlags: [15, u32],
});

const neighbourHeader: Struct<NeighbourHeader> = struct({
  family: u8,
  index: s32,
  state: u16,
  flags: u8,
  type: u8,
});

export type NeighbourBody = Body<NeighbourHeader, NeighbourAttributes>;

export const neighbourCodec: BodyCodec<NeighbourHeader, NeighbourAttributes> = bodyCodec(
  neighbourHeader,
  neighbourAttributes,
);
