import {
  interfaceIndex,
  type InterfaceIndex,
  type IpAddress,
  type MacAddress,
} from "@heddle/contracts";
import type { UnknownAttributes } from "../netlink/attributes.ts";
import { enumeration, type Enumeration, flagSet, type FlagSet } from "../netlink/enumeration.ts";
import { familyFromNumber, familyOf } from "../netlink/rtm.ts";
import { unknownOf } from "../netlink/unknown.ts";
import { present } from "../present.ts";
import { type RouteProtocol, type RouteType, routeTypes } from "../route/names.ts";
import type { NeighbourBody } from "./wire.ts";

/** What tells a neighbour from the others of its namespace. */
export interface NeighbourId {
  readonly device: InterfaceIndex;
  readonly destination: IpAddress;
  /**
   * Whether it is an entry of the proxy table: an address for which the device answers ARP and neighbour
   * solicitations on behalf of another. The same address can be in both tables.
   *
   * @defaultValue false
   */
  readonly proxy?: boolean;
}

/** How much is known about a neighbour, `NUD_*` of linux/neighbour.h. */
export type NeighbourState = NeighbourStateName | number;
type NeighbourStateName =
  | "none"
  | "incomplete"
  | "reachable"
  | "stale"
  | "delay"
  | "probe"
  | "failed"
  | "noarp"
  | "permanent";

/** `NTF_*`, and `managed`, `locked` and `ext-validated` of `NTF_EXT_*`. An unnamed bit is its value, that of an extended flag 256-fold. */
export type NeighbourFlag = NeighbourFlagName | number;
type NeighbourFlagName =
  | "use"
  | "self"
  | "master"
  | "ext-learned"
  | "offloaded"
  | "sticky"
  | "router"
  | "managed"
  | "locked"
  | "ext-validated";

/** A link-layer neighbour and what is known about its address. */
export interface Neighbour extends NeighbourId {
  readonly proxy: boolean;
  /** Absent while it is being resolved, and where it is not one of Ethernet. */
  readonly address?: MacAddress;
  readonly state: NeighbourState;
  /** In ascending order of the bits. */
  readonly flags: readonly NeighbourFlag[];
  /** What the destination is to the device: `unicast`, `multicast`, ... */
  readonly type: RouteType;
  /** Unanswered solicitations. */
  readonly probes?: number;
  readonly vlan?: number;
  /** The UDP port of a VXLAN entry. */
  readonly port?: number;
  /** The VXLAN network of the entry. */
  readonly vni?: number;
  /** Who made the entry. */
  readonly protocol?: RouteProtocol;
  readonly nextHopId?: number;
  /** Attributes that this version has no field for; they are written back. */
  readonly unknown?: UnknownAttributes;
}

/** A neighbour to be made; its state is `permanent` if it is not given. */
export type NeighbourSpec = NeighbourId & Partial<Neighbour>;

const states: Enumeration<NeighbourStateName> = enumeration("neighbour state", {
  none: 0,
  incomplete: 0x1,
  reachable: 0x2,
  stale: 0x4,
  delay: 0x8,
  probe: 0x10,
  failed: 0x20,
  noarp: 0x40,
  permanent: 0x80,
});

/** `NTF_PROXY`: a field of its own here, as it names the table that the entry is in. */
export const proxyFlag = 0x8;
/** The extended flags stand above the eight bits of the header's. */
const flags: FlagSet<NeighbourFlagName> = flagSet("neighbour flag", {
  use: 0x1,
  self: 0x2,
  master: 0x4,
  "ext-learned": 0x10,
  offloaded: 0x20,
  sticky: 0x40,
  router: 0x80,
  managed: 0x100,
  locked: 0x200,
  "ext-validated": 0x400,
});
const extendedShift = 8;

/** Identifies a neighbour within its namespace, for maps: equal for equal {@link NeighbourId}s. */
export function neighbourKey(id: NeighbourId): string {
  return `${String(id.device)} ${id.destination}${id.proxy === true ? " proxy" : ""}`;
}

/** The neighbour as it stands in error messages: `192.0.2.1 lladdr 02:00:00:00:00:01 dev 7`. */
export function describeNeighbour(spec: NeighbourSpec): string {
  const proxy = spec.proxy === true ? "proxy " : "";
  const address = spec.address === undefined ? "" : ` lladdr ${spec.address}`;
  return `${proxy}${spec.destination}${address} dev ${String(spec.device)}`;
}

/** The neighbour of a message; undefined for one that is not of IPv4 or IPv6, as a bridge's entries are. */
export function neighbourFromBody({ header, attributes }: NeighbourBody): Neighbour | undefined {
  const { destination, address, probes, vlan, port, vni, protocol, nextHopId } = attributes;
  if (familyFromNumber(header.family) === undefined || destination === undefined) return undefined;
  const extended = (attributes.extendedFlags ?? 0) << extendedShift;
  return {
    device: interfaceIndex(header.index),
    destination,
    proxy: (header.flags & proxyFlag) !== 0,
    ...present({ address }),
    state: states.toName(header.state),
    flags: flags.toFlags(((header.flags & ~proxyFlag) | extended) >>> 0),
    type: routeTypes.toName(header.type),
    ...present({ probes, vlan, port, vni, protocol, nextHopId }),
    ...unknownOf(attributes),
  };
}

export function neighbourToBody(spec: NeighbourSpec): NeighbourBody {
  const { destination, address, probes, vlan, port, vni, protocol, nextHopId } = spec;
  const bits = flags.toBits(spec.flags ?? []);
  const extendedFlags = bits >>> extendedShift;
  return {
    header: {
      family: familyOf(destination),
      index: spec.device,
      state: states.toNumber(spec.state ?? "permanent"),
      flags: (bits & 0xff) | (spec.proxy === true ? proxyFlag : 0),
      type: routeTypes.toNumber(spec.type ?? "unspec"),
    },
    attributes: {
      destination,
      ...present({ address, probes, vlan, port, vni, protocol, nextHopId }),
      ...(extendedFlags === 0 ? {} : { extendedFlags }),
      ...spec.unknown,
    },
  };
}
