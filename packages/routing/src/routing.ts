import { isDeepStrictEqual } from "node:util";
import {
  type ChangeStream,
  type Clock,
  type Health,
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  type Logger,
  type Service,
  type StateStream,
  toError,
} from "@heddle/contracts";
import type {
  Address,
  Link,
  Neighbour,
  Route,
  RouteProtocol,
  RouteSpec,
  Rtnetlink,
  Sysctl,
} from "@heddle/rtnetlink";
import {
  collect,
  type Collection,
  createReconciler,
  createTable,
  type Derived,
  failure,
  fill,
  filterValues,
  type Key,
  type MutableTable,
  type Reconciler,
  successes,
  type Table,
} from "@heddle/tables";
import type { Subscription } from "rxjs";
import { enableForwarding } from "./forwarding.ts";
import type { ClusterNode } from "./node-network.ts";
import { watchLostNeighbours } from "./lost-neighbours.ts";
import {
  prefixOnLink,
  routeIntoTunnel,
  routeToNode,
  routeToOwnPods,
  type TunnelWay,
} from "./plan-routes.ts";
import { NextTurn } from "./next-turn.ts";
import { RouteTarget } from "./route-target.ts";
import { isDefaultRoute, type NodeDevice, selectDevices } from "./select-devices.ts";

export interface RoutingDeps {
  /** The nodes of the cluster by name, this one among them. */
  readonly nodes$: ChangeStream<string, ClusterNode>;
  /** Requests to the node's own namespace. */
  readonly node: Rtnetlink;
  /** The kernel settings of that namespace. */
  readonly settings: Sysctl;
  readonly links$: ChangeStream<InterfaceIndex, Link>;
  readonly addresses$: ChangeStream<string, Address>;
  readonly routes$: ChangeStream<string, Route>;
  readonly neighbours$: ChangeStream<string, Neighbour>;
  /** The rules by which routing tables are chosen. */
  readonly rules$: ChangeStream<string, unknown>;
  /** Called after something changed that says where packets go. */
  readonly routesChanged: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RoutingOptions {
  /** The name of this node. */
  readonly nodeName: string;
  /**
   * The names of the devices that lead to the network.
   *
   * @defaultValue the devices with the node's own addresses, and those of default routes
   */
  readonly devices?: readonly string[];
  /** The protocol of the routes to other nodes' pods, which tells them from others' (rt_protos). */
  readonly routeProtocol: RouteProtocol;
  /** The protocol of the routes to this node's pods, whose comings and goings change no other packet's way. */
  readonly podRouteProtocol: RouteProtocol;
  /**
   * The device behind which other nodes' pods are reached through tunnels.
   *
   * @defaultValue none: they are reached by their nodes
   */
  readonly tunnel?: RoutingTunnel;
}

/** A device into tunnels, by name, and the router that the kernel takes to be on it. */
export interface RoutingTunnel {
  readonly device: string;
  readonly gateway: (family: IpFamily) => IpAddress;
}

/**
 * Direct routing: a route to the pods of each node that is on a link of this one. What lies between nodes
 * that are not has to know the pods' prefixes by itself.
 *
 * `start` makes the node forward packets; what is known by then of nodes and devices is in effect when it
 * resolves. `close` leaves everything in place.
 */
export interface Routing extends Service {
  /** The devices that lead to the network. */
  readonly devices: Table<InterfaceIndex, NodeDevice>;
  /** This node's own address of a family, once its Node object is known, for as long as the node has it. */
  nodeAddress(family: IpFamily): IpAddress | undefined;
  /** Bytes of the largest IP packet that every device to the network takes. */
  mtu(): number;
  readonly health$: StateStream<Health>;
  /** All that it keeps in tables, to look at. */
  readonly tables: readonly Table<Key, unknown>[];
}

/** Makes the service; nothing is read or written before `start`. */
export function createRouting(deps: RoutingDeps, options: RoutingOptions): Routing {
  return new DirectRouting(deps, options);
}

/** Ethernet's, for as long as no device is known (RFC 894). */
const defaultMtu = 1500;

class DirectRouting implements Routing {
  readonly #deps: RoutingDeps;
  readonly #options: RoutingOptions;
  readonly #nodes: Collection<string, ClusterNode>;
  readonly #links: Collection<InterfaceIndex, Link>;
  readonly #addresses: Collection<string, Address>;
  /** Routes to everywhere; of all others there may be many. */
  readonly #defaults: Collection<string, Route>;
  readonly #devices: MutableTable<InterfaceIndex, NodeDevice>;
  readonly #desired: MutableTable<IpPrefix, Derived<RouteSpec>>;
  readonly #reconciler: Reconciler<IpPrefix>;
  readonly #choosing = new NextTurn(() => this.#chooseDevices());
  readonly #planning = new NextTurn(() => this.#planRoutes());
  readonly #telling = new NextTurn(() => this.#deps.routesChanged());
  readonly #subscriptions: Subscription[] = [];

  constructor(deps: RoutingDeps, options: RoutingOptions) {
    const { clock, logger, node } = deps;
    this.#deps = deps;
    this.#options = options;
    this.#nodes = collect(deps.nodes$, { name: "nodes" });
    this.#links = collect(deps.links$, { name: "links" });
    this.#addresses = collect(deps.addresses$, { name: "addresses" });
    const defaults$ = successes(filterValues(deps.routes$, isDefaultRoute));
    this.#defaults = collect(defaults$, { name: "default routes" });
    this.#devices = createTable({ name: "node devices", equals: isSameDevice });
    this.#desired = createTable<IpPrefix, Derived<RouteSpec>>({
      name: "node routes",
      equals: isDeepStrictEqual,
    });
    this.#reconciler = createReconciler(
      {
        desired$: this.#desired.changes$,
        target: new RouteTarget(node.routes, options.routeProtocol),
        clock,
        logger,
      },
      { name: "routes to nodes", pruneInterval: 60_000 },
    );
  }

  get devices(): Table<InterfaceIndex, NodeDevice> {
    return this.#devices;
  }

  get health$(): StateStream<Health> {
    return this.#reconciler.health$;
  }

  get tables(): readonly Table<Key, unknown>[] {
    const collected = [this.#addresses, this.#defaults].map(({ table }) => table);
    return [this.#devices, this.#desired, this.#reconciler.status, ...collected];
  }

  nodeAddress(family: IpFamily): IpAddress | undefined {
    const held = new Set(Array.from(this.#addresses.table.entries(), ([, { address }]) => address));
    return this.#own()?.addresses.find(
      (address) => ipFamily(address) === family && held.has(address),
    );
  }

  mtu(): number {
    const mtus = Array.from(this.#devices.entries(), ([, { mtu }]) => mtu);
    return mtus.length === 0 ? defaultMtu : Math.min(...mtus);
  }

  async start(): Promise<void> {
    for (const source of this.#sources()) await source.start();
    const choose = () => this.#choosing.request();
    const plan = () => this.#planning.request();
    this.#subscriptions.push(
      this.#nodes.table.changes$.subscribe(choose),
      this.#links.table.changes$.subscribe(choose),
      this.#addresses.table.changes$.subscribe(choose),
      this.#defaults.table.changes$.subscribe(choose),
      this.#nodes.table.changes$.subscribe(plan),
      this.#addresses.table.changes$.subscribe(plan),
      this.#links.table.changes$.subscribe(plan),
      this.#addresses.table.changes$.subscribe(() => this.#telling.request()),
      this.#devices.changes$.subscribe((change) => {
        this.#telling.request();
        // What went with a device that was down is put back when it is up again.
        if (change.kind === "upsert") this.#reconciler.requestPrune();
      }),
      this.#deps.rules$.subscribe(() => this.#telling.request()),
      this.#watchRoutes(),
      watchLostNeighbours(this.#deps.neighbours$, ({ device }) => {
        if (this.#devices.has(device)) this.#telling.request();
      }),
    );
    await enableForwarding(this.#deps.node, this.#deps.settings, this.#deps.logger);
    // What is known already counts from now on.
    this.#chooseDevices();
    this.#planRoutes();
    await this.#reconciler.start();
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#choosing.close();
    this.#planning.close();
    this.#telling.close();
    for (const source of this.#sources()) await source.close();
    await this.#reconciler.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #sources(): readonly Service[] {
    return [this.#nodes, this.#links, this.#addresses, this.#defaults];
  }

  #own(): ClusterNode | undefined {
    return this.#nodes.table.get(this.#options.nodeName);
  }

  /** Chooses the devices by all that is known, and publishes what differs. */
  #chooseDevices(): void {
    const state = {
      links: this.#links.table.entries().map(([, link]) => link),
      addresses: this.#addresses.table.entries().map(([, address]) => address),
      defaults: this.#defaults.table.entries().map(([, route]) => route),
      own: this.#own()?.addresses ?? [],
    };
    fill(this.#devices, selectDevices(state, this.#options.devices ?? []));
    const inputs = [this.#nodes, this.#links, this.#addresses, this.#defaults];
    if (inputs.every(({ table }) => table.synced)) this.#devices.markSynced();
  }

  /** Undefined without tunnels, and for as long as there is no device into them. */
  #tunnel(): TunnelWay | undefined {
    const { tunnel } = this.#options;
    if (tunnel === undefined) return undefined;
    const found = this.#links.table.entries().find(([, { name }]) => name === tunnel.device);
    if (found === undefined) return undefined;
    const source = (family: IpFamily) => this.nodeAddress(family);
    return { device: found[0], gateway: tunnel.gateway, source };
  }

  /** Computes the routes to all nodes, and publishes what differs. */
  #planRoutes(): void {
    const { nodeName, routeProtocol } = this.#options;
    const onLink = this.#addresses.table
      .entries()
      .map(([, address]) => prefixOnLink(address))
      .toArray();
    const tunnel = this.#tunnel();
    const plan = new Map<IpPrefix, Derived<RouteSpec>>();
    for (const [name, node] of this.#nodes.table.entries()) {
      for (const prefix of node.podPrefixes) {
        const route =
          name === nodeName
            ? routeToOwnPods(prefix, routeProtocol)
            : this.#options.tunnel === undefined
              ? attemptRoute(() => routeToNode(node, prefix, onLink, routeProtocol))
              : tunnel && routeIntoTunnel(prefix, tunnel, routeProtocol);
        if (route !== undefined) plan.set(prefix, route);
      }
    }
    fill(this.#desired, plan);
    const inputs = [this.#nodes, this.#addresses, this.#links];
    if (inputs.every(({ table }) => table.synced)) this.#desired.markSynced();
  }

  /**
   * Tells of every route that can lead a packet elsewhere; a deletion is told by what was there. One of ours
   * that somebody else deleted is put back.
   */
  #watchRoutes(): Subscription {
    const ways = new Map<string, Route>();
    return this.#deps.routes$.subscribe((change) => {
      if (change.kind === "upsert" && this.#isWay(change.value)) {
        ways.set(change.key, change.value);
        this.#telling.request();
      } else if (change.kind === "delete") {
        const way = ways.get(change.key);
        if (!ways.delete(change.key)) return;
        this.#telling.request();
        if (way !== undefined && this.#isMissing(way)) this.#reconciler.requestPrune();
      }
    });
  }

  #isMissing({ protocol, destination }: Route): boolean {
    return protocol === this.#options.routeProtocol && this.#desired.has(destination);
  }

  #isWay({ protocol, type }: Route): boolean {
    return protocol !== this.#options.podRouteProtocol && type !== "multicast";
  }
}

function attemptRoute(plan: () => RouteSpec | undefined): Derived<RouteSpec> | undefined {
  try {
    return plan();
  } catch (error) {
    return failure(toError(error));
  }
}

function isSameDevice(held: NodeDevice, given: NodeDevice): boolean {
  return held.name === given.name && held.mtu === given.mtu;
}
