import { type IpAddress, ipFamilies, prefixContains } from "@heddle/contracts";
import { sizeTable } from "@heddle/conntrack";
import { createDatapath, type Datapath, defaultGateway, type Prepare } from "@heddle/datapath";
import {
  createTunnels,
  tunnelDeviceName,
  tunnelNodesMap,
  tunnelPeersMap,
  type Tunnels,
  tunnelSelfMap,
  tunnelsMap,
} from "@heddle/encap-geneve";
import {
  createEndpoints,
  type EndpointAddresses,
  type Endpoints,
  endpointsMap,
} from "@heddle/endpoint";
import { createIpam, type Ipam } from "@heddle/ipam";
import { createRouting, type Routing, type RoutingTunnel } from "@heddle/routing";
import { isFailure, rekey } from "@heddle/tables";
import { defer } from "rxjs";
import { type Module, provide, type Resolve } from "../composition/index.ts";
import { addConnectionRoutes } from "../connection-routes.ts";
import { type Connections, createConnections } from "../connections.ts";
import { createMasquerade, type Masquerade } from "../masquerade.ts";
import { createNodePrefixes } from "../node-prefixes.ts";
import { routeProtocols } from "./route-protocols.ts";
import { tokens } from "./tokens.ts";

/** Programs, addresses, routes, tunnels and pods. */
export const networkModule: Module = {
  name: "network",
  providers: [
    provide(tokens.datapath, makeDatapath),
    provide(tokens.connections, makeConnections),
    provide(tokens.masquerade, makeMasquerade),
    provide(tokens.ipam, (get) => {
      const { addressStrategy: strategy, addressCoolDown } = get(tokens.config);
      const coolDown = addressCoolDown * 1000;
      return createIpam(
        { clock: get(tokens.clock) },
        { name: get(tokens.config).nodeName, prefixes: [], strategy, coolDown },
      );
    }),
    provide(tokens.nodePrefixes, (get) => {
      const { nodeName } = get(tokens.config);
      const nodes$ = get(tokens.nodes).table.changes$;
      const deps = { nodes$, ipam: get(tokens.ipam), logger: get(tokens.logger) };
      const prefixes = createNodePrefixes(deps, nodeName);
      get(tokens.health).add("addresses", prefixes.health$);
      get(tokens.tables).add(() => [prefixes.usage, get(tokens.ipam).allocations]);
      return prefixes;
    }),
    provide(tokens.routing, makeRouting),
    provide(tokens.tunnels, makeTunnels),
    provide(tokens.endpoints, makeEndpoints),
  ],
};

function makeDatapath(get: Resolve): Datapath {
  const { pinRoot, attachment, connectionTable, maxEndpoints } = get(tokens.config);
  const prepare: Prepare = (object) => sizeTable(object, { ceiling: connectionTable });
  const { routing, tunnelChecksum, clusterId } = get(tokens.config);
  const datapath = createDatapath(
    {
      // Routing needs the datapath to tell it of changes, so it is asked for its devices later.
      nodeDevices$: defer(() => get(tokens.routing).devices.changes$),
      nodeAddresses$: rekey(get(tokens.monitor).addresses$, ({ address }) => address),
      clock: get(tokens.clock),
      logger: get(tokens.logger),
    },
    {
      pinRoot,
      attachment,
      maxEndpoints,
      prepare,
      tunnels: {
        use: routing === "geneve" ? "send" : "receive",
        checksums: tunnelChecksum === "computed" ? ipFamilies : [],
        clusterId,
      },
    },
  );
  get(tokens.health).add("datapath", datapath.health$);
  get(tokens.tables).add(() => datapath.tables);
  get(tokens.routes).add("/v1/counters", () => ({ kind: "value", value: datapath.counters() }));
  return datapath;
}

function makeConnections(get: Resolve): Connections {
  const config = get(tokens.config);
  const { connectionTable, maxConnections = connectionTable } = config;
  const deps = {
    datapath: get(tokens.datapath),
    clock: get(tokens.clock),
    logger: get(tokens.logger),
  };
  const connections = createConnections(deps, {
    limit: maxConnections,
    timeouts: {
      established: config.establishedTimeout * 1000,
      opening: config.openingTimeout * 1000,
      closing: config.closingTimeout * 1000,
      other: config.otherTimeout * 1000,
    },
    fragmentTimeout: config.fragmentTimeout * 1000,
    // As an earlier agent said, until masquerade says otherwise.
    sourceNat: "unchanged",
  });
  addConnectionRoutes({ connections, routes: get(tokens.routes), clock: deps.clock });
  return connections;
}

function makeMasquerade(get: Resolve): Masquerade {
  const { nodeName, masquerade: wanted, masqueradeExclude: exclude } = get(tokens.config);
  // Started before, so that the pool has its prefixes.
  get(tokens.nodePrefixes);
  const masquerade = createMasquerade(
    {
      nodes: get(tokens.nodes).table,
      devices: get(tokens.routing).devices,
      addresses: get(tokens.addresses).table,
      usage$: get(tokens.ipam).usage$,
      connections: get(tokens.connections),
      clock: get(tokens.clock),
      logger: get(tokens.logger),
    },
    { nodeName, enabled: wanted === "on", exclude },
  );
  get(tokens.health).add("masquerade", masquerade.health$);
  return masquerade;
}

function makeRouting(get: Resolve): Routing {
  // The node's own addresses and prefixes are known before devices are chosen.
  get(tokens.nodePrefixes);
  const { nodeName, devices, routing: mode } = get(tokens.config);
  // Routes into tunnels need their device; where there are none, the device goes after its routes.
  if (mode === "geneve") get(tokens.tunnels);
  const { links$, addresses$, routes$, neighbours$, rules$ } = get(tokens.monitor);
  const { epochs } = get(tokens.datapath);
  const routing = createRouting(
    {
      nodes$: get(tokens.nodes).table.changes$,
      node: get(tokens.rtnetlink),
      settings: get(tokens.sysctl),
      links$,
      addresses$,
      routes$,
      neighbours$,
      rules$,
      routesChanged: () => epochs.routesChanged(),
      clock: get(tokens.clock),
      logger: get(tokens.logger),
    },
    {
      nodeName,
      devices,
      routeProtocol: routeProtocols.nodes,
      podRouteProtocol: routeProtocols.pods,
      ...(mode === "geneve" ? { tunnel: tunnelWay } : {}),
    },
  );
  get(tokens.health).add("routing", routing.health$);
  get(tokens.tables).add(() => routing.tables);
  return routing;
}

const tunnelWay: RoutingTunnel = {
  device: tunnelDeviceName,
  gateway: (family) => (family === 4 ? defaultGateway.ipv4 : defaultGateway.ipv6),
};

function makeTunnels(get: Resolve): Tunnels {
  const { nodeName, routing: mode, underlay, tunnelChecksum, clusterId } = get(tokens.config);
  const datapath = get(tokens.datapath);
  const sends = mode === "geneve";
  if (!sends) get(tokens.routing);
  const tunnels = createTunnels(
    {
      nodes$: get(tokens.nodes).table.changes$,
      devices$: defer(() => get(tokens.routing).devices.changes$),
      maps: {
        self: datapath.map(tunnelSelfMap),
        tunnels: datapath.map(tunnelsMap),
        nodes: datapath.map(tunnelNodesMap),
        peers: datapath.map(tunnelPeersMap),
      },
      device: {
        node: get(tokens.rtnetlink),
        settings: get(tokens.sysctl),
        attach: (near, far) => datapath.attachTunnel(near, far),
      },
      routesChanged: () => datapath.epochs.routesChanged(),
      clock: get(tokens.clock),
      logger: get(tokens.logger),
    },
    {
      nodeName,
      underlay: underlay === "ipv4" ? 4 : 6,
      sends,
      computesChecksums: tunnelChecksum === "computed",
      options: clusterId === 0 ? [] : ["cluster-id"],
      gateway: defaultGateway,
    },
  );
  get(tokens.health).add("tunnels", tunnels.health$);
  get(tokens.tables).add(() => tunnels.tables);
  return tunnels;
}

function makeEndpoints(get: Resolve): Endpoints {
  const datapath = get(tokens.datapath);
  const connections = get(tokens.connections);
  // No pod sends anything before it is said with which address.
  get(tokens.masquerade);
  const routing = get(tokens.routing);
  const tunnels = get(tokens.tunnels);
  const { routing: mode } = get(tokens.config);
  const monitor = get(tokens.monitor);
  const { table: requests } = get(tokens.requests);
  const hasOwn = (pod: string): boolean => {
    const request = requests.get(pod);
    return !isFailure(request) && request?.addresses !== undefined;
  };
  const endpoints = createEndpoints(
    {
      requests$: get(tokens.requests).table.changes$,
      addresses: endpointAddresses(get(tokens.ipam), hasOwn),
      programs: datapath,
      map: datapath.map(endpointsMap),
      epochs: datapath.epochs,
      forgetAddresses: (addresses) => connections.forget(addresses),
      node: get(tokens.rtnetlink),
      links$: monitor.links$,
      addresses$: monitor.addresses$,
      routes$: monitor.routes$,
      nodeAddress: (family) => routing.nodeAddress(family),
      mtu: () => (mode === "geneve" ? tunnels.mtu() : routing.mtu()),
      clock: get(tokens.clock),
      logger: get(tokens.logger),
    },
    { gateway: defaultGateway, routeProtocol: routeProtocols.pods },
  );
  get(tokens.health).add("endpoints", endpoints.health$);
  get(tokens.tables).add(() => endpoints.tables);
  return endpoints;
}

/**
 * A pod gets an address of each family that the node has a prefix of, beside those that are drained. What a pod
 * was given of a prefix that had been withdrawn when this agent started is not the pool's any more: the pod
 * keeps it, unless it `asksFor` addresses of its own.
 */
function endpointAddresses(ipam: Ipam, asksFor: (pod: string) => boolean): EndpointAddresses {
  const families = () => {
    const given = ipam.usage$.value.filter(({ draining }) => !draining);
    return [...new Set(given.map(({ family }) => family))];
  };
  const isOfPool = (address: IpAddress): boolean =>
    ipam.usage$.value.some(({ prefix }) => prefixContains(prefix, address));
  return {
    allocate: (pod) => ipam.allocate(pod, families()).addresses,
    claim: (pod, addresses) =>
      void ipam.claim(pod, asksFor(pod) ? addresses : addresses.filter(isOfPool)),
    release: (pod) => void ipam.release(pod),
  };
}
