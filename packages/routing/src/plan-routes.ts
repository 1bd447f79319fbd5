import {
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  prefixContains,
  prefixFamily,
  prefixLength,
  prefixOf,
} from "@heddle/contracts";
import type { Address, RouteProtocol, RouteSpec } from "@heddle/rtnetlink";
import type { ClusterNode } from "./node-network.ts";
import { RoutingError } from "./routing-error.ts";

/** What can be reached on a link without any router. */
export interface LinkPrefix {
  readonly prefix: IpPrefix;
  readonly device: InterfaceIndex;
}

/** The prefix that an address of this node tells to be on its device's link. */
export function prefixOnLink({ address, prefixLength: length, device }: Address): LinkPrefix {
  return { prefix: prefixOf(address, length), device };
}

/**
 * The route to a prefix of another node's pods: by that node, when it is on a link of this one.
 * Undefined when it is not: then the network in between has to know the prefix.
 *
 * @throws {RoutingError} `no-gateway`
 */
export function routeToNode(
  node: ClusterNode,
  prefix: IpPrefix,
  onLink: Iterable<LinkPrefix>,
  protocol: RouteProtocol,
): RouteSpec | undefined {
  const gateway = gatewayFor(node, prefix);
  const device = deviceTowards(gateway, onLink);
  if (device === undefined) return undefined;
  return { destination: prefix, protocol, nextHops: [{ gateway, device }] };
}

/** The device behind which other nodes' pods are reached through tunnels. */
export interface TunnelWay {
  readonly device: InterfaceIndex;
  /** The router that the kernel takes to be on it. */
  readonly gateway: (family: IpFamily) => IpAddress;
  /** This node's address, from which it sends by itself. */
  readonly source: (family: IpFamily) => IpAddress | undefined;
}

/** The route to a prefix of another node's pods, wherever that node is: into tunnels. */
export function routeIntoTunnel(
  prefix: IpPrefix,
  { device, gateway, source }: TunnelWay,
  protocol: RouteProtocol,
): RouteSpec {
  const family = prefixFamily(prefix);
  const preferredSource = source(family);
  return {
    destination: prefix,
    protocol,
    nextHops: [{ gateway: gateway(family), device, flags: ["onlink"] }],
    ...(preferredSource === undefined ? {} : { preferredSource }),
  };
}

/**
 * The route for the node's own pods' prefix. Each pod has a more specific one; what no pod has is
 * unreachable, rather than sent on by the default route and back.
 */
export function routeToOwnPods(prefix: IpPrefix, protocol: RouteProtocol): RouteSpec {
  return { destination: prefix, protocol, type: "unreachable" };
}

/** IPv4 goes by an IPv6 gateway where there is no other (RFC 8950); the reverse does not exist. */
function gatewayFor({ name, addresses }: ClusterNode, prefix: IpPrefix): IpAddress {
  const family = prefixFamily(prefix);
  const gateway =
    addresses.find((address) => ipFamily(address) === family) ??
    (family === 4 ? addresses[0] : undefined);
  if (gateway !== undefined) return gateway;
  throw new RoutingError({
    code: "no-gateway",
    operation: `route ${prefix} to`,
    subject: `node ${name}`,
    reason: `it has no InternalIP of IPv${String(family)}`,
    hint: "add one to the status of the Node object",
  });
}

/** The device that the address is on the link of; of several the one with the longest prefix. */
function deviceTowards(
  gateway: IpAddress,
  onLink: Iterable<LinkPrefix>,
): InterfaceIndex | undefined {
  let nearest: LinkPrefix | undefined;
  for (const candidate of onLink) {
    if (!prefixContains(candidate.prefix, gateway)) continue;
    if (nearest === undefined || prefixLength(candidate.prefix) > prefixLength(nearest.prefix)) {
      nearest = candidate;
    }
  }
  return nearest?.device;
}
