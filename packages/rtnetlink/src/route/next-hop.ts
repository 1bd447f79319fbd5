import { type InterfaceIndex, type IpAddress, type IpFamily, ipFamily } from "@heddle/contracts";
import type { UnknownAttributes } from "../netlink/attributes.ts";
import { unknownOf } from "../netlink/unknown.ts";
import { present } from "../present.ts";
import { type NextHopFlag, nextHopFlags } from "./names.ts";
import type { NextHopAttributes, RouteAttributes, WireNextHop } from "./wire.ts";

/** One of the ways that a route leads. */
export interface NextHop {
  /** Of the other family than the route's, too: IPv4 over an IPv6 next hop (RFC 5549). Absent for what is on the link. */
  readonly gateway?: IpAddress;
  readonly device?: InterfaceIndex;
  /** The hop's share of the flows, 1 to 256, in relation to the others'. */
  readonly weight: number;
  /** In ascending order of the bits. Of these only `onlink` and `pervasive` are written. */
  readonly flags: readonly NextHopFlag[];
  readonly encapsulation?: Encapsulation;
  /** In a route of several hops: attributes that this version has no field for; they are written back. */
  readonly unknown?: UnknownAttributes;
}

/** A lightweight tunnel, carried through as it is. */
export interface Encapsulation {
  /** `LWTUNNEL_ENCAP_*` of linux/lwtunnel.h. */
  readonly type: number;
  /** The attributes of that type. */
  readonly data: Uint8Array;
}

/** A next hop to be written; the weight is 1 if it is not given. */
export type NextHopSpec = Partial<NextHop>;

/** The header's flags and the attributes of a route that say which way it leads. */
export interface Ways {
  readonly flags: number;
  readonly attributes: RouteAttributes;
}

const hopFlagMask = 0xff;
/** What a state of the kernel's is not, and may thus be written. */
const settableFlags = nextHopFlags.toBits(["onlink", "pervasive"]);

export function nextHopsFrom(headerFlags: number, attributes: RouteAttributes): readonly NextHop[] {
  const { device, multipath } = attributes;
  if (multipath !== undefined) return multipath.map(hopFromSegment);
  const hop = hopFrom(headerFlags & hopFlagMask, 1, device, attributes);
  return device === undefined && hop.gateway === undefined ? [] : [hop];
}

function hopFromSegment({ flags, hops, device, attributes }: WireNextHop): NextHop {
  return { ...hopFrom(flags, hops + 1, device, attributes), ...unknownOf(attributes) };
}

function hopFrom(
  flags: number,
  weight: number,
  device: InterfaceIndex | undefined,
  attributes: NextHopAttributes,
): NextHop {
  const { encapType: type, encap: data } = attributes;
  return {
    ...present({ gateway: attributes.gateway ?? attributes.via, device }),
    weight,
    flags: nextHopFlags.toFlags(flags),
    ...(type === undefined || data === undefined ? {} : { encapsulation: { type, data } }),
  };
}

/** A single hop is written among the route's own attributes, as the kernel does. */
export function waysTo(family: IpFamily, hops: readonly NextHopSpec[]): Ways {
  const [first] = hops;
  if (first === undefined) return { flags: 0, attributes: {} };
  if (hops.length > 1) {
    return { flags: 0, attributes: { multipath: hops.map((hop) => segmentOf(family, hop)) } };
  }
  const { device } = first;
  return {
    flags: flagsOf(first),
    attributes: { ...attributesOf(family, first), ...present({ device }) },
  };
}

function segmentOf(family: IpFamily, hop: NextHopSpec): WireNextHop {
  return {
    flags: flagsOf(hop),
    hops: (hop.weight ?? 1) - 1,
    device: hop.device,
    attributes: { ...attributesOf(family, hop), ...hop.unknown },
  };
}

function flagsOf(hop: NextHopSpec): number {
  return nextHopFlags.toBits(hop.flags ?? []) & settableFlags;
}

function attributesOf(family: IpFamily, hop: NextHopSpec): NextHopAttributes {
  const { gateway, encapsulation } = hop;
  return {
    ...gatewayOf(family, gateway),
    ...present({ encapType: encapsulation?.type, encap: encapsulation?.data }),
  };
}

function gatewayOf(family: IpFamily, gateway: IpAddress | undefined): NextHopAttributes {
  if (gateway === undefined) return {};
  return ipFamily(gateway) === family ? { gateway } : { via: gateway };
}

/** The hop as it stands in error messages: `via 192.0.2.1 dev 7`. */
export function describeNextHop(hop: NextHopSpec): string {
  const gateway = hop.gateway === undefined ? [] : [`via ${hop.gateway}`];
  const device = hop.device === undefined ? [] : [`dev ${String(hop.device)}`];
  const weight = (hop.weight ?? 1) === 1 ? [] : [`weight ${String(hop.weight)}`];
  return [...gateway, ...device, ...weight].join(" ");
}
