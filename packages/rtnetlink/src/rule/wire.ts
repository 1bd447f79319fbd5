import type { IpAddress } from "@heddle/contracts";
import { type AttributesCodec, attributes, type UnknownAttributes } from "../netlink/attributes.ts";
import { type Body, type BodyCodec, bodyCodec } from "../netlink/message.ts";
import { be64, ipAddress, named, s32, text, truth, u16, u32, u8 } from "../netlink/payload.ts";
import { type Range, range } from "../netlink/range.ts";
import { struct, type Struct } from "../netlink/struct.ts";
import { type RouteProtocol, routeProtocols } from "../route/names.ts";

/** `struct fib_rule_hdr` of linux/fib_rules.h. */
export interface RuleHeader {
  readonly family: number;
  readonly destinationLength: number;
  readonly sourceLength: number;
  readonly tos: number;
  /** 252 (`RT_TABLE_COMPAT`) for tables above 255, whose number is in the attribute. */
  readonly table: number;
  readonly reserved1: number;
  readonly reserved2: number;
  readonly action: number;
  readonly flags: number;
}

/** `FRA_*`. */
export interface RuleAttributes extends UnknownAttributes {
  readonly destination?: IpAddress;
  readonly source?: IpAddress;
  readonly inputDevice?: string;
  readonly goto?: number;
  readonly priority?: number;
  readonly mark?: number;
  readonly tunnelId?: bigint;
  /** -1 for none, as the kernel says it. */
  readonly suppressGroup?: number;
  /** -1 for none, as the kernel says it. */
  readonly suppressPrefixLength?: number;
  readonly table?: number;
  readonly markMask?: number;
  readonly outputDevice?: string;
  readonly l3mdev?: boolean;
  readonly users?: Range;
  readonly protocol?: RouteProtocol;
  readonly ipProtocol?: number;
  readonly sourcePorts?: Range;
  readonly destinationPorts?: Range;
  /** Since Linux 6.15, for a single port. */
  readonly sourcePortMask?: number;
  /** Since Linux 6.15, for a single port. */
  readonly destinationPortMask?: number;
}

const ruleAttributes: AttributesCodec<RuleAttributes> = attributes({
  destination: [1, ipAddress],
  source: [2, ipAddress],
  inputDevice: [3, text],
  goto: [4, u32],
  priority: [6, u32],
  mark: [10, u32],
  tunnelId: [12, be64],
  suppressGroup: [13, s32],
  suppressPrefixLength: [14, s32],
  table: [15, u32],
  markMask: [16, u32],
  outputDevice: [17, text],
  l3mdev: [19, truth(u8)],
  users: [20, range(u32)],
  protocol: [21, named(u8, routeProtocols)],
  ipProtocol: [22, u8],
  sourcePorts: [23, range(u16)],
  destinationPorts: [24, range(u16)],
  sourcePortMask: [28, u16],
  destinationPortMask: [29, u16],
});

const ruleHeader: Struct<RuleHeader> = struct({
  family: u8,
  destinationLength: u8,
  sourceLength: u8,
  tos: u8,
  table: u8,
  reserved1: u8,
  reserved2: u8,
  action: u8,
  flags: u32,
});

export type RuleBody = Body<RuleHeader, RuleAttributes>;

export const ruleCodec: BodyCodec<RuleHeader, RuleAttributes> = bodyCodec(
  ruleHeader,
  ruleAttributes,
);
