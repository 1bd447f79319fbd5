import {
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  parsePrefix,
  prefixLength,
  prefixNth,
} from "@heddle/contracts";
import { defaults, nodeNames } from "./check-options.ts";
import type { LabOptions } from "./lab-options.ts";

/** A network of the lab: a bridge in the switch's namespace. */
export interface Network {
  /** Also the name of its bridge. */
  readonly name: NetworkName;
  readonly mtu: number;
  readonly prefixes: readonly IpPrefix[];
}

type NetworkName = "main" | "back" | "middle" | "second";

/** A host and the networks that it is on, in the order of its devices: `eth0`, `eth1`. */
export interface Place {
  readonly name: string;
  readonly role: "node" | "outside" | "router";
  /** Its number on every network. */
  readonly offset: bigint;
  readonly networks: readonly NetworkName[];
}

/** Who is on which network. */
export interface Topology {
  readonly networks: readonly Network[];
  readonly places: readonly Place[];
}

/** All of them for documentation or benchmarks (RFC 5737, RFC 3849, RFC 2544). */
const prefixes: Readonly<Record<NetworkName, Readonly<Record<IpFamily, IpPrefix>>>> = {
  main: { 4: parsePrefix("192.0.2.0/24"), 6: parsePrefix("2001:db8::/64") },
  second: { 4: parsePrefix("198.51.100.0/24"), 6: parsePrefix("2001:db8:1::/64") },
  back: { 4: parsePrefix("203.0.113.0/24"), 6: parsePrefix("2001:db8:2::/64") },
  middle: { 4: parsePrefix("198.18.0.0/24"), 6: parsePrefix("2001:db8:3::/64") },
};

/** Nodes count from 1. */
const outsideOffset = 254n;
const routerOffsets = [252n, 253n] as const;

/** Lays out networks and hosts: a flat network, or two halves with routers and a narrow link between them. */
export function layOut(options: LabOptions): Topology {
  const { families, underlay = families, mtu = defaults.mtu, narrow } = options;
  const places = narrow === undefined ? flat(options) : halved(options);
  const used = new Set(places.flatMap(({ networks }) => networks));
  return {
    places,
    networks: Array.from(used, (name) => ({
      name,
      mtu: name === "middle" ? (narrow ?? mtu) : mtu,
      prefixes: underlay.map((family) => prefixes[name][family]),
    })),
  };
}

function flat(options: LabOptions): readonly Place[] {
  return [...nodePlaces(options, () => "main"), outsidePlace(options, "main")];
}

function halved(options: LabOptions): readonly Place[] {
  const half = Math.ceil(options.nodes / 2);
  const [first, second] = routerOffsets;
  return [
    ...nodePlaces(options, (number) => (number <= half ? "main" : "back")),
    outsidePlace(options, "back"),
    { name: "router-1", role: "router", offset: first, networks: ["main", "middle"] },
    { name: "router-2", role: "router", offset: second, networks: ["back", "middle"] },
  ];
}

function nodePlaces(
  options: LabOptions,
  networkOf: (number: number) => NetworkName,
): readonly Place[] {
  return nodeNames(options.nodes).map((name, index) => ({
    name,
    role: "node",
    offset: BigInt(index + 1),
    networks: [networkOf(index + 1), ...furtherNetworks(options)],
  }));
}

function outsidePlace(options: LabOptions, network: NetworkName): Place {
  const networks = [network, ...furtherNetworks(options)];
  return { name: "outside", role: "outside", offset: outsideOffset, networks };
}

function furtherNetworks({ links = defaults.links }: LabOptions): readonly NetworkName[] {
  return links > 1 ? ["second"] : [];
}

/** An address of a host, with the length of the network's prefix. */
export interface HostAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** The addresses that a host has on a network that it is on. */
export function addressesOn({ prefixes: on }: Network, { offset }: Place): readonly HostAddress[] {
  return on.map((prefix) => ({
    address: prefixNth(prefix, offset),
    prefixLength: prefixLength(prefix),
  }));
}

/**
 * What a host outside has on no network: its address of a family that the pods have and the networks do not, so that
 * it can talk to them all the same.
 */
export function loopbackOf(
  { role, offset }: Place,
  { families, underlay = families }: LabOptions,
): readonly IpAddress[] {
  if (role !== "outside") return [];
  return families
    .filter((family) => !underlay.includes(family))
    .map((family) => prefixNth(prefixes.main[family], offset));
}

/** The address of a family; for IPv4, where there is none, an IPv6 one (RFC 8950). */
export function nextHopAmong(
  addresses: readonly HostAddress[],
  family: IpFamily,
): IpAddress | undefined {
  const all = addresses.map(({ address }) => address);
  const own = all.find((address) => ipFamily(address) === family);
  return own ?? (family === 4 ? all[0] : undefined);
}
