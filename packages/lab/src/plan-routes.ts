import {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  hostPrefix,
  parsePrefix,
  prefixFamily,
} from "@heddle/contracts";
import type { LabOptions } from "./lab-options.ts";
import { addressesOn, loopbackOf, nextHopAmong, type Place, type Topology } from "./topology.ts";

/** A route of a host. IPv4 may go by an IPv6 gateway; what has none is on the link of `eth0`. */
export interface RoutePlan {
  readonly destination: IpPrefix;
  readonly gateway?: IpAddress;
}

const everywhere: Readonly<Record<IpFamily, IpPrefix>> = {
  4: parsePrefix("0.0.0.0/0"),
  6: parsePrefix("::/0"),
};

/**
 * The routes of a host. Nodes leave everything else to the outside host or to their router. Who is no node knows the
 * networks and the pods' prefixes, as a network that was told of them.
 */
export function planRoutes(
  host: Place,
  topology: Topology,
  options: LabOptions,
  podPrefixesOf: (node: string) => readonly IpPrefix[],
): readonly RoutePlan[] {
  const towards = (destination: IpPrefix, target: Place): readonly RoutePlan[] => {
    const gateway = gatewayTowards(host, target, prefixFamily(destination), topology);
    return gateway === undefined ? [] : [{ destination, gateway }];
  };
  const others = topology.places.filter(({ name }) => name !== host.name);
  const routes = others.flatMap((target) => [
    ...loopbackOf(target, options).flatMap((own) => towards(hostPrefix(own), target)),
    ...(host.role === "node" ? [] : podPrefixesOf(target.name)).flatMap((prefix) =>
      options.onLinkPods === true ? [{ destination: prefix }] : towards(prefix, target),
    ),
  ]);
  if (host.role === "node") {
    const exit = routerOf(host, topology) ?? others.find(({ role }) => role === "outside");
    if (exit === undefined) return routes;
    const families = new Set([...options.families, ...(options.underlay ?? [])]);
    return [...routes, ...[...families].flatMap((family) => towards(everywhere[family], exit))];
  }
  return [...routes, ...routesToNetworks(host, topology, towards)];
}

/** To the networks that the host is not on. */
function routesToNetworks(
  host: Place,
  { networks, places }: Topology,
  towards: (destination: IpPrefix, target: Place) => readonly RoutePlan[],
): readonly RoutePlan[] {
  return networks
    .filter(({ name }) => !host.networks.includes(name) && name !== "second")
    .flatMap(({ name, prefixes }) => {
      const target = places.find(({ role, networks: on }) => role === "router" && on[0] === name);
      return target === undefined ? [] : prefixes.flatMap((prefix) => towards(prefix, target));
    });
}

/** The target itself where it is on a network of the host, or the router that leads to it. */
function gatewayTowards(
  host: Place,
  target: Place,
  family: IpFamily,
  topology: Topology,
): IpAddress | undefined {
  const shared = host.networks.find((name) => name !== "second" && target.networks.includes(name));
  if (shared !== undefined) {
    const network = topology.networks.find(({ name }) => name === shared);
    return network === undefined ? undefined : nextHopAmong(addressesOn(network, target), family);
  }
  const router = routerOf(host, topology);
  return router === undefined ? undefined : gatewayTowards(host, router, family, topology);
}

/** The router on the host's own network; for a router, the other one. */
function routerOf(host: Place, { places }: Topology): Place | undefined {
  const network = host.role === "router" ? "middle" : host.networks[0];
  return places.find(
    ({ name, role, networks }) =>
      role === "router" &&
      name !== host.name &&
      network !== undefined &&
      networks.includes(network),
  );
}
