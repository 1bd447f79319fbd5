import type { ChangeStream, InterfaceIndex, IpAddress } from "@heddle/contracts";
import type { EndpointStatus } from "@heddle/endpoint";
import {
  createFrameSender,
  createNdpProxy,
  type NdpDevice,
  ndpDevices,
  ndpDevicesMap,
  type NdpProxy,
} from "@heddle/ipv6-ndp";
import { flatten, join, mapValues, successes } from "@heddle/tables";
import { type Module, provide, type Resolve } from "../composition/index.ts";
import { neighbourHealth } from "../neighbour-health.ts";
import { routeProtocols } from "./route-protocols.ts";
import { tokens } from "./tokens.ts";

/** Pods as neighbours on the node's own links, for those who have no routes to them. */
export const neighbourModule: Module = {
  name: "neighbours",
  providers: [provide(tokens.neighbourProxy, makeNeighbourProxy)],
};

function makeNeighbourProxy(get: Resolve): NdpProxy {
  const sender = createFrameSender();
  const proxy = createNdpProxy(
    {
      addresses$: podAddresses(get(tokens.endpoints).status.changes$),
      devices$: proxyDevices(get),
      map: get(tokens.datapath).map(ndpDevicesMap),
      neighbours: get(tokens.rtnetlink).neighbours,
      send: (device, frame) => sender.send(device, frame),
      clock: get(tokens.clock),
      logger: get(tokens.logger),
    },
    { protocol: routeProtocols.pods },
  );
  const { devices } = get(tokens.routing);
  const present = () => devices.entries().map(([, { name }]) => name);
  const health$ = neighbourHealth(proxy.health$, get(tokens.config).proxyDevices, present);
  get(tokens.health).add("neighbours", health$);
  get(tokens.tables).add(() => proxy.tables);
  return proxy;
}

/** The chosen devices, as far as they lead to the network, for only those have programs. */
function proxyDevices(get: Resolve): ChangeStream<InterfaceIndex, NdpDevice> {
  const chosen = new Set(get(tokens.config).proxyDevices);
  const devices$ = ndpDevices(
    get(tokens.monitor),
    ({ name }) => chosen.has("all") || chosen.has(name),
  );
  const outward$ = get(tokens.routing).devices.changes$;
  return successes(
    join(
      devices$,
      outward$,
      (_, ifindex) => ifindex,
      (device) => device,
    ),
  );
}

function podAddresses(
  status$: ChangeStream<string, EndpointStatus>,
): ChangeStream<IpAddress, unknown> {
  return flatten(
    mapValues(status$, ({ addresses }, pod) => addresses.map((address) => [address, pod] as const)),
  );
}
