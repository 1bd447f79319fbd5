import {
  type ChangeStream,
  hostPrefix,
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  type MacAddress,
} from "@heddle/contracts";
import type { Address, Route, RouteProtocol, Rtnetlink } from "@heddle/rtnetlink";
import { Subscription } from "rxjs";
import { allOf } from "./all-of.ts";

/** The node's side of a pod: what its stack needs to reach it. */
export interface NodeSide {
  readonly device: InterfaceIndex;
  readonly mac: MacAddress;
  readonly addresses: readonly IpAddress[];
}

export interface NodeSidesDeps {
  readonly node: Rtnetlink;
  /** The node's own address of a family, for what the node itself sends to pods. */
  readonly nodeAddress: (family: IpFamily) => IpAddress | undefined;
  /** The protocol number that tells our routes from others'. */
  readonly protocol: RouteProtocol;
}

/** Routes and neighbour entries of the node for its pods. */
export class NodeSides {
  readonly #deps: NodeSidesDeps;

  constructor(deps: NodeSidesDeps) {
    this.#deps = deps;
  }

  /** Gives the node's stack a route and a neighbour entry for each of the pod's addresses. */
  async configure({ device, mac, addresses }: NodeSide): Promise<void> {
    // The kernel gets all of it at once, and does it in this order.
    await allOf([
      this.#deps.node.links.set(device, { up: true }),
      ...addresses.flatMap((address) => this.#lead(address, device, mac)),
    ]);
  }

  #lead(address: IpAddress, device: InterfaceIndex, mac: MacAddress): readonly Promise<void>[] {
    const { node, protocol } = this.#deps;
    const preferredSource = this.#deps.nodeAddress(ipFamily(address));
    return [
      node.neighbours.replace({ device, destination: address, address: mac, state: "permanent" }),
      node.routes.replace({
        destination: hostPrefix(address),
        protocol,
        scope: "link",
        nextHops: [{ device }],
        ...(preferredSource === undefined ? {} : { preferredSource }),
      }),
    ];
  }

  /** Reads what there is, and gives whether all that a pod needs is among it. */
  async read(): Promise<(side: NodeSide) => boolean> {
    const { node, protocol } = this.#deps;
    const routes = await node.routes.list({ table: "main", protocol });
    const neighbours = await node.neighbours.list();
    const found = new Set([
      ...routes.map(({ destination, nextHops: [hop], preferredSource }) =>
        routeText(destination, hop?.device, preferredSource),
      ),
      ...neighbours
        .filter(({ state }) => state === "permanent")
        .map(({ destination, device, address }) => neighbourText(destination, device, address)),
    ]);
    return (side) => this.#needs(side).every((text) => found.has(text));
  }

  #needs({ device, mac, addresses }: NodeSide): readonly string[] {
    return addresses.flatMap((address) => [
      routeText(hostPrefix(address), device, this.#deps.nodeAddress(ipFamily(address))),
      neighbourText(address, device, mac),
    ]);
  }
}

function routeText(
  destination: IpPrefix,
  device: InterfaceIndex | undefined,
  source: IpAddress | undefined,
): string {
  return `${destination} dev ${String(device)} src ${String(source)}`;
}

function neighbourText(
  address: IpAddress,
  device: InterfaceIndex,
  mac: MacAddress | undefined,
): string {
  return `${address} dev ${String(device)} lladdr ${String(mac)}`;
}

export interface NodeSideEvents {
  readonly links$: ChangeStream<InterfaceIndex, unknown>;
  readonly addresses$: ChangeStream<string, Address>;
  readonly routes$: ChangeStream<string, Route>;
  readonly protocol: RouteProtocol;
  readonly isPodDevice: (ifindex: InterfaceIndex) => boolean;
  readonly isPodPrefix: (prefix: IpPrefix) => boolean;
}

/**
 * Calls `damaged` when something of the node's side of a pod may have gone: the pod's device, its route, or
 * the address that the node uses towards it, with which the kernel takes routes away.
 */
export function watchNodeSides(events: NodeSideEvents, damaged: () => void): Subscription {
  const subscription = new Subscription();
  subscription.add(
    events.links$.subscribe((change) => {
      if (change.kind === "delete" && events.isPodDevice(change.key)) damaged();
    }),
  );
  let synced = false;
  subscription.add(
    events.addresses$.subscribe((change) => {
      if (change.kind === "synced") synced = true;
      else if (synced) damaged();
    }),
  );
  const own = new Map<string, IpPrefix>();
  subscription.add(
    events.routes$.subscribe((change) => {
      if (change.kind === "upsert" && change.value.protocol === events.protocol) {
        own.set(change.key, change.value.destination);
      } else if (change.kind === "delete") {
        const destination = own.get(change.key);
        own.delete(change.key);
        if (destination !== undefined && events.isPodPrefix(destination)) damaged();
      }
    }),
  );
  return subscription;
}
