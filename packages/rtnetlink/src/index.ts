/**
 * rtnetlink for Node: the links, addresses, routes, neighbours and rules of any network namespace, and the
 * namespaces themselves. Streams of changes are in `@heddle/rtnetlink/monitor`.
 *
 * @module
 */
export {
  type Address,
  type AddressId,
  addressKey,
  type AddressSpec,
  type Lifetime,
} from "./address/address.ts";
export type { Addresses, AddressFilter } from "./address/addresses.ts";
export type { AddressFlag, AddressProtocol } from "./address/names.ts";
export type { BridgeSettings, VxlanSettings } from "./link/kinds.ts";
export type { Link, OffloadLimits } from "./link/link.ts";
export type { LinkChanges, LinkSelector, LinkSpec, PeerSpec } from "./link/link-spec.ts";
export type { LinkFilter, Links } from "./link/links.ts";
export type { AddressGeneration, LinkFlag, LinkType, OperationalState } from "./link/names.ts";
export type { LinkStatistics } from "./link/statistics.ts";
export {
  type Neighbour,
  type NeighbourFlag,
  type NeighbourId,
  neighbourKey,
  type NeighbourSpec,
  type NeighbourState,
} from "./neighbour/neighbour.ts";
export type { NeighbourFilter, Neighbours } from "./neighbour/neighbours.ts";
export type { UnknownAttributes } from "./netlink/attributes.ts";
export type { Range } from "./netlink/range.ts";
export {
  createNetns,
  currentNetns,
  deleteNetns,
  listNetns,
  type NetnsEntry,
  type NetnsHandle,
  openNetns,
} from "./netns.ts";
export type { LockedMetric, RouteMetrics } from "./route/metrics.ts";
export type {
  NextHopFlag,
  RoutePreference,
  RouteProtocol,
  RouteTable,
  RouteType,
} from "./route/names.ts";
export type { Encapsulation, NextHop, NextHopSpec } from "./route/next-hop.ts";
export { type Route, routeKey, type RouteSpec } from "./route/route.ts";
export type { RouteFilter, RouteLookup, Routes } from "./route/routes.ts";
export {
  createRtnetlink,
  type Rtnetlink,
  type RtnetlinkDeps,
  type RtnetlinkOptions,
} from "./rtnetlink.ts";
export { RtnetlinkError, type RtnetlinkErrorCode } from "./rtnetlink-error.ts";
export {
  type MarkMatch,
  type Rule,
  type RuleAction,
  type RuleFlag,
  ruleKey,
  type RuleSpec,
} from "./rule/rule.ts";
export type { RuleFilter, Rules } from "./rule/rules.ts";
export type { Scope } from "./scope.ts";
export { type Sysctl, sysctl } from "./sysctl.ts";
