import {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  parseIp,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixOf,
} from "@heddle/contracts";
import type { UnknownAttributes } from "../netlink/attributes.ts";
import { familyFromNumber, familyNumber } from "../netlink/rtm.ts";
import { unknownOf } from "../netlink/unknown.ts";
import { present } from "../present.ts";
import { type Scope, scopes } from "../scope.ts";
import type { RouteMetrics } from "./metrics.ts";
import {
  headerTable,
  type RoutePreference,
  type RouteProtocol,
  routeProtocols,
  type RouteTable,
  routeTables,
  type RouteType,
  routeTypes,
} from "./names.ts";
import {
  describeNextHop,
  type NextHop,
  nextHopsFrom,
  type NextHopSpec,
  waysTo,
} from "./next-hop.ts";
import type { RouteBody, RouteCacheInfo } from "./wire.ts";

/** A route to be made, found or deleted. */
export interface RouteSpec {
  /** `0.0.0.0/0` or `::/0` for the default route. */
  readonly destination: IpPrefix;
  /** @defaultValue `main` */
  readonly table?: RouteTable;
  /**
   * Among routes to the same destination the lowest is used.
   *
   * @defaultValue 0 for IPv4, 1024 for IPv6, where the kernel also takes 0 for 1024
   */
  readonly metric?: number;
  /** The type of service that a packet must have; IPv4 only. @defaultValue 0 */
  readonly tos?: number;
  /** Only for packets from there; IPv6 only. */
  readonly source?: IpPrefix;
  /** @defaultValue `unicast` */
  readonly type?: RouteType;
  /** @defaultValue `static` */
  readonly protocol?: RouteProtocol;
  /**
   * Of IPv4; for IPv6 it is always `global`.
   *
   * @defaultValue as `ip route` chooses: `host` for a local route, `link` for one without a gateway, else `global`
   */
  readonly scope?: Scope;
  /** None for a `blackhole` and the like, one for most routes, several where flows are spread. */
  readonly nextHops?: readonly NextHopSpec[];
  /** The source address for what this machine sends. */
  readonly preferredSource?: IpAddress;
  readonly metrics?: RouteMetrics;
  /** IPv6 only. */
  readonly preference?: RoutePreference;
  /** Seconds until the route goes; IPv6 only. */
  readonly expires?: number;
  /** The next hop object that the route uses in place of its own next hops. */
  readonly nextHopId?: number;
  /** Attributes that this version has no field for; they are written back. */
  readonly unknown?: UnknownAttributes;
}

/** A route. */
export interface Route extends RouteSpec {
  readonly table: RouteTable;
  readonly metric: number;
  readonly tos: number;
  readonly type: RouteType;
  readonly protocol: RouteProtocol;
  readonly scope: Scope;
  /** The kernel gives an IPv6 route of a type like `unreachable` the loopback device. */
  readonly nextHops: readonly NextHop[];
  /** `RTM_F_*` of linux/rtnetlink.h: what the kernel says of the route. Not written. */
  readonly flags: number;
}

/** The metric that IPv6 routes have if none is given (`IP6_RT_PRIO_USER`). */
const defaultIpv6Metric = 1024;
const hopFlagMask = 0xff;
const anyIpv4 = parseIp("0.0.0.0");
const anyIpv6 = parseIp("::");

/**
 * Identifies a route within its namespace, for maps. Two routes have one key if they have the same table,
 * destination, source, type of service and metric; those of IPv6 that lead to a device without a
 * gateway exist once for each device (`fe80::/64`), and differ by it as well.
 */
export function routeKey(spec: RouteSpec): string {
  const table = routeTables.toName(routeTables.toNumber(spec.table ?? "main"));
  const source = spec.source === undefined ? "" : ` from ${spec.source}`;
  const tos = (spec.tos ?? 0) === 0 ? "" : ` tos ${String(spec.tos)}`;
  const metric = spec.metric ?? defaultMetric(spec.destination);
  const device = isDeviceRoute(spec) ? ` dev ${String(spec.nextHops?.[0]?.device)}` : "";
  return `${String(table)} ${spec.destination}${source}${tos}${device} metric ${String(metric)}`;
}

/** Whether it is one of possibly several IPv6 routes that differ by their device only. */
export function isDeviceRoute({
  destination,
  type = "unicast",
  nextHops = [],
}: RouteSpec): boolean {
  const [hop] = nextHops;
  const isOnlyDevice = nextHops.length === 1 && hop?.gateway === undefined;
  return isOnlyDevice && !rejections.has(type) && prefixFamily(destination) === 6;
}

/** The types that lead nowhere: the kernel shows them with the loopback device, which nobody gave. */
const rejections: ReadonlySet<RouteType> = new Set([
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
]);

function defaultMetric(destination: IpPrefix): number {
  return prefixFamily(destination) === 6 ? defaultIpv6Metric : 0;
}

/** The route as it stands in error messages: `10.0.0.0/24 via 192.0.2.1 dev 7 table 100`. */
export function describeRoute(spec: RouteSpec): string {
  const { type = "unicast", destination, source, table = "main", metric, nextHops = [] } = spec;
  const hops = nextHops.map(describeNextHop);
  return [
    ...(type === "unicast" ? [] : [String(type)]),
    destination,
    ...(source === undefined ? [] : [`from ${source}`]),
    ...(hops.length > 1 ? hops.map((hop) => `nexthop ${hop}`) : hops),
    ...(spec.nextHopId === undefined ? [] : [`nhid ${String(spec.nextHopId)}`]),
    ...(metric === undefined || metric === 0 ? [] : [`metric ${String(metric)}`]),
    ...(table === "main" ? [] : [`table ${String(table)}`]),
  ].join(" ");
}

/** The route of a message; undefined for another family than IPv4 and IPv6. */
export function routeFromBody({ header, attributes }: RouteBody): Route | undefined {
  const family = familyFromNumber(header.family);
  if (family === undefined) return undefined;
  const { preferredSource, metrics, preference, nextHopId, cacheInfo } = attributes;
  const { source, priority, table, destination, expires } = attributes;
  return {
    destination: prefixOf(destination ?? anyAddress(family), header.destinationLength),
    ...(source === undefined ? {} : { source: prefixOf(source, header.sourceLength) }),
    table: routeTables.toName(table ?? header.table),
    metric: priority ?? 0,
    tos: header.tos,
    type: routeTypes.toName(header.type),
    protocol: routeProtocols.toName(header.protocol),
    scope: scopes.toName(header.scope),
    nextHops: nextHopsFrom(header.flags, attributes),
    flags: (header.flags & ~hopFlagMask) >>> 0,
    ...present({ preferredSource, metrics, preference, nextHopId }),
    ...present({ expires: expires ?? remainingSeconds(cacheInfo) }),
    ...unknownOf(attributes),
  };
}

function anyAddress(family: IpFamily): IpAddress {
  return family === 4 ? anyIpv4 : anyIpv6;
}

function remainingSeconds(info: RouteCacheInfo | undefined): number | undefined {
  return info === undefined || info.expires <= 0 ? undefined : Math.ceil(info.expires / 100);
}

/** What a field that is not given stands for. */
interface Defaults {
  readonly type: RouteType;
  readonly protocol: RouteProtocol;
  readonly scope: (spec: RouteSpec) => Scope;
}

const newRoute: Defaults = { type: "unicast", protocol: "static", scope: scopeOf };
/** In a deletion these match any. */
const anyRoute: Defaults = { type: "unspec", protocol: "unspec", scope: () => "nowhere" };

export function routeToBody(spec: RouteSpec): RouteBody {
  return bodyOf(spec, newRoute);
}

/** The body of a deletion: of the routes with the destination, one that has what is given. */
export function routeToDeletion(spec: RouteSpec): RouteBody {
  const { metrics: _metrics, expires: _expires, preference: _preference, ...match } = spec;
  return bodyOf(match, anyRoute);
}

function bodyOf(spec: RouteSpec, defaults: Defaults): RouteBody {
  const { destination, source, preferredSource, metrics, preference, expires, nextHopId } = spec;
  const family = prefixFamily(destination);
  const table = routeTables.toNumber(spec.table ?? "main");
  // The next hop object has the hops; the kernel refuses to be given both.
  const ways = waysTo(family, nextHopId === undefined ? (spec.nextHops ?? []) : []);
  return {
    header: {
      family: familyNumber(family),
      destinationLength: prefixLength(destination),
      sourceLength: source === undefined ? 0 : prefixLength(source),
      tos: spec.tos ?? 0,
      table: headerTable(table),
      protocol: routeProtocols.toNumber(spec.protocol ?? defaults.protocol),
      scope: scopes.toNumber(spec.scope ?? defaults.scope(spec)),
      type: routeTypes.toNumber(spec.type ?? defaults.type),
      flags: ways.flags,
    },
    attributes: {
      table,
      ...(prefixLength(destination) === 0 ? {} : { destination: prefixAddress(destination) }),
      ...present({ source: source && prefixAddress(source) }),
      ...((spec.metric ?? 0) === 0 ? {} : present({ priority: spec.metric })),
      ...present({ metrics, preferredSource, nextHopId }),
      ...ways.attributes,
      ...present({ preference, expires }),
      ...spec.unknown,
    },
  };
}

function scopeOf({ type = "unicast", destination, nextHops = [], nextHopId }: RouteSpec): Scope {
  if (prefixFamily(destination) === 6) return "global";
  if (type === "local" || type === "nat") return "host";
  const viaGateway = nextHops.some((hop) => hop.gateway !== undefined) || nextHopId !== undefined;
  if (type === "broadcast" || type === "multicast" || type === "anycast") return "link";
  return (type === "unicast" || type === "unspec") && !viaGateway ? "link" : "global";
}
