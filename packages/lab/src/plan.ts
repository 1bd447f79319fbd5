import { type IpAddress, type IpFamily, type IpPrefix, parsePrefix } from "@heddle/contracts";
import { checkOptions, defaults, nodeNames } from "./check-options.ts";
import type { LabAttachment, LabOptions, LabRouting } from "./lab-options.ts";
import { planRoutes, type RoutePlan } from "./plan-routes.ts";
import {
  addressesOn,
  type HostAddress,
  layOut,
  loopbackOf,
  type Network,
  type Place,
} from "./topology.ts";

/** A device of a host, on a network. */
export interface DevicePlan {
  /** `eth0`, `eth1`. */
  readonly name: string;
  /** The network's name, which is also that of its bridge. */
  readonly network: string;
  /** The other end of its pair, a port of that bridge. */
  readonly port: string;
  readonly mtu: number;
  readonly addresses: readonly HostAddress[];
}

/** A host: a network namespace with a device, `eth0`, on a network, and perhaps a second one. */
export interface HostPlan {
  readonly name: string;
  /** The name of its network namespace under `/run/netns`. */
  readonly netns: string;
  readonly devices: readonly DevicePlan[];
  /** Addresses that it has on no network. */
  readonly loopback: readonly IpAddress[];
  /** What it is known by: the addresses of `eth0`, and those that it has on no network. */
  readonly addresses: readonly IpAddress[];
  readonly routes: readonly RoutePlan[];
  /** Whether it forwards packets before any agent makes it do so. */
  readonly isRouter: boolean;
}

/** A node of the cluster. */
export interface NodePlan extends HostPlan {
  /** The prefixes that its pods get their addresses from, one per family. */
  readonly podPrefixes: readonly IpPrefix[];
  readonly routing: LabRouting;
}

/** Names and addresses of everything in a lab. The same options make the same plan. */
export interface LabPlan {
  readonly name: string;
  readonly attachment: LabAttachment;
  readonly onLinkPods: boolean;
  readonly agentOptions: Readonly<Record<string, string>>;
  /** The family that tunnels go over. */
  readonly underlay: "ipv4" | "ipv6";
  /** In milliseconds. */
  readonly patience: number;
  /** The namespace whose bridges are the networks. */
  readonly switchNetns: string;
  readonly networks: readonly Network[];
  readonly nodes: readonly NodePlan[];
  /** A host that is not part of the cluster; it knows the routes to the pods, or that they are on its link. */
  readonly outside: HostPlan;
  /** What joins the halves of an underlay with a narrow link. */
  readonly routers: readonly HostPlan[];
}

/**
 * Lays out a lab.
 *
 * @throws {LabError} `bad-option`
 */
export function planLab(options: LabOptions): LabPlan {
  checkOptions(options);
  const { name, attachment = defaults.attachment, timeout = defaults.timeout } = options;
  const {
    agentOptions = {},
    onLinkPods = false,
    routing = "direct",
    underlay = options.families,
  } = options;
  const topology = layOut(options);
  const podPrefixes = new Map(
    nodeNames(options.nodes).map((node, index) => [
      node,
      options.families.map((family) => podPrefix(family, index + 1)),
    ]),
  );
  const podPrefixesOf = (host: string): readonly IpPrefix[] => podPrefixes.get(host) ?? [];
  const hosts = (role: Place["role"]): readonly NodePlan[] =>
    topology.places
      .filter((place) => place.role === role)
      .map((place, index) => {
        const devices = planDevices(place, topology.networks, options);
        const loopback = loopbackOf(place, options);
        const main = devices[0]?.addresses ?? [];
        return {
          name: place.name,
          netns: netnsName(name, place.name),
          devices,
          loopback,
          addresses: [...main.map(({ address }) => address), ...loopback],
          routes: planRoutes(place, topology, options, podPrefixesOf),
          isRouter: role === "router",
          podPrefixes: podPrefixesOf(place.name),
          routing: typeof routing === "string" ? routing : (routing[index] ?? "direct"),
        };
      });
  const [outside] = hosts("outside");
  if (outside === undefined) throw new Error("a lab without a host outside");
  return {
    name,
    attachment,
    onLinkPods,
    agentOptions,
    underlay: underlay.includes(4) ? "ipv4" : "ipv6",
    patience: timeout * 1000,
    switchNetns: netnsName(name, "switch"),
    networks: topology.networks,
    nodes: hosts("node"),
    outside,
    routers: hosts("router"),
  };
}

function planDevices(
  place: Place,
  networks: readonly Network[],
  { nodeMtus = {} }: LabOptions,
): readonly DevicePlan[] {
  return place.networks.flatMap((name, index) => {
    const network = networks.find((candidate) => candidate.name === name);
    if (network === undefined) return [];
    const device = `eth${String(index)}`;
    return {
      name: device,
      network: name,
      port: `${place.name}-${device}`,
      mtu: nodeMtus[place.name] ?? network.mtu,
      addresses: addressesOn(network, place),
    };
  });
}

/** All hosts of a lab, routers among them. */
export function hostsOf({ nodes, outside, routers }: LabPlan): readonly HostPlan[] {
  return [...nodes, outside, ...routers];
}

/** Where a network namespace is mounted. */
export function netnsPath(netns: string): string {
  return `/run/netns/${netns}`;
}

/** The network namespace of something in a lab. Lab names have no dot, so that the parts can be told apart. */
function netnsName(lab: string, part: string): string {
  return `heddle-${lab}.${part}`;
}

/** The network namespace of a pod. */
export function podNetnsName(lab: string, namespace: string, pod: string): string {
  return netnsName(lab, `pod.${namespace}.${pod}`);
}

/** Whether the network namespace belongs to the lab. */
export function isNetnsOf(lab: string, netns: string): boolean {
  return netns.startsWith(netnsName(lab, ""));
}

function podPrefix(family: IpFamily, index: number): IpPrefix {
  return family === 4
    ? parsePrefix(`10.244.${String(index)}.0/24`)
    : parsePrefix(`fd00:10:244:${index.toString(16)}::/64`);
}
