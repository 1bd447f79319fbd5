import { type IpAddress, prefixContains } from "@heddle/contracts";
import { sizeTable } from "@heddle/conntrack";
import { createDatapath, type Datapath, defaultGateway, type Prepare } from "@heddle/datapath";
import {
  createEndpoints,
  type EndpointAddresses,
  type Endpoints,
  endpointsMap,
} from "@heddle/endpoint";
import { createIpam, type Ipam } from "@heddle/ipam";
import { createRouting, type Routing } from "@heddle/routing";
import { isFailure, rekey } from "@heddle/tables";
import { defer } from "rxjs";
import { type Module, provide, type Resolve } from "../composition/index.ts";
import { type Connections, createConnections } from "../connections.ts";
import { createNodePrefixes } from "../node-prefixes.ts";
import { tokens } from "./tokens.ts";

/**
 * The protocol numbers of our routes: of those to other nodes' pods, and of those to this node's. Free in
 * the kernel's list (linux/rtnetlink.h) and in iproute2's.
 */
const routeProtocols = { nodes: 72, pods: 73 } as const;

/** Programs, addresses, routes and pods: direct routing between nodes. */
export const networkModule: Module = {
  name: "network",
  providers: [
    provide(tokens.datapath, makeDatapath),
    provide(tokens.connections, makeConnections),
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
    provide(tokens.endpoints, makeEndpoints),
  ],
};

function makeDatapath(get: Resolve): Datapath {
  const { pinRoot, attachment, connectionTable, maxEndpoints } = get(tokens.config);
  const prepare: Prepare = (object) => sizeTable(object, { ceiling: connectionTable });
  const datapath = createDatapath(
    {
      // Routing needs the datapath to tell it of changes, so it is asked for its devices later.
      nodeDevices$: defer(() => get(tokens.routing).devices.changes$),
      nodeAddresses$: rekey(get(tokens.monitor).addresses$, ({ address }) => address),
      clock: get(tokens.clock),
      logger: get(tokens.logger),
    },
    { pinRoot, attachment, maxEndpoints, prepare },
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
  return createConnections(deps, {
    limit: maxConnections,
    timeouts: {
      established: config.establishedTimeout * 1000,
      opening: config.openingTimeout * 1000,
      closing: config.closingTimeout * 1000,
      other: config.otherTimeout * 1000,
    },
    fragmentTimeout: config.fragmentTimeout * 1000,
  });
}

function makeRouting(get: Resolve): Routing {
  // The node's own addresses and prefixes are known before devices are chosen.
  get(tokens.nodePrefixes);
  const { nodeName, devices } = get(tokens.config);
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
    },
  );
  get(tokens.health).add("routing", routing.health$);
  get(tokens.tables).add(() => routing.tables);
  return routing;
}

function makeEndpoints(get: Resolve): Endpoints {
  const datapath = get(tokens.datapath);
  const connections = get(tokens.connections);
  const routing = get(tokens.routing);
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
      mtu: () => routing.mtu(),
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
