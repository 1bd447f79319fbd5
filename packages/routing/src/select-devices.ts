import type { InterfaceIndex, IpAddress } from "@heddle/contracts";
import { prefixLength } from "@heddle/contracts";
import type { Address, Link, Route } from "@heddle/rtnetlink";

/** A device of the node that leads to the network. */
export interface NodeDevice {
  readonly name: string;
  /** Bytes of the largest IP packet that it takes. */
  readonly mtu: number;
}

/** What the node's devices are chosen by. */
export interface NodeState {
  readonly links: Iterable<Link>;
  readonly addresses: Iterable<Address>;
  /** Those of {@link isDefaultRoute}. */
  readonly defaults: Iterable<Route>;
  /** The node's own addresses on the network between the nodes. */
  readonly own: readonly IpAddress[];
}

/**
 * The devices that lead to the network: those that are named; without names, those that have one of the
 * node's own addresses, and those of default routes. A device that is not up, or not an Ethernet one, leads
 * nowhere.
 */
export function selectDevices(
  state: NodeState,
  names: readonly string[],
): ReadonlyMap<InterfaceIndex, NodeDevice> {
  const chosen = names.length > 0 ? undefined : outwardIndexes(state);
  const devices = new Map<InterfaceIndex, NodeDevice>();
  for (const { index, name, mtu, up, type } of state.links) {
    const isChosen = chosen?.has(index) ?? names.includes(name);
    if (isChosen && up && type === "ether") devices.set(index, { name, mtu });
  }
  return devices;
}

function outwardIndexes({ addresses, defaults, own }: NodeState): ReadonlySet<InterfaceIndex> {
  const indexes = new Set<InterfaceIndex>();
  for (const { address, device } of addresses) if (own.includes(address)) indexes.add(device);
  for (const { nextHops } of defaults) {
    for (const { device } of nextHops) if (device !== undefined) indexes.add(device);
  }
  return indexes;
}

/** Whether the route leads anywhere that no other route leads. */
export function isDefaultRoute({ destination, table, type }: Route): boolean {
  return prefixLength(destination) === 0 && table === "main" && type === "unicast";
}
