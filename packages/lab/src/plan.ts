import {
  type IpAddress,
  type IpFamily,
  ipFamilies,
  ipFamily,
  type IpPrefix,
  parsePrefix,
  prefixLength,
  prefixNth,
} from "@heddle/contracts";
import { LabError } from "./lab-error.ts";
import { checkLabName } from "./lab-name.ts";

/** What a lab is asked to be. */
export interface LabOptions {
  /** Labs of different names stand side by side. A DNS label of at most 24 characters. */
  readonly name: string;
  /** 1 to 32. */
  readonly nodes: number;
  readonly families: readonly IpFamily[];
  /**
   * How the agents attach their programs to devices: by tcx links (Linux 6.6), or as filters of traffic control.
   *
   * @defaultValue `"auto"`: tcx where the kernel has it
   */
  readonly attachment?: LabAttachment;
  /**
   * How packets reach other nodes' pods: by routes, or in Geneve tunnels; for all nodes, or one for each.
   *
   * @defaultValue `"direct"`
   */
  readonly routing?: LabRouting | readonly LabRouting[];
  /**
   * Seconds that an agent has to become ready or to stop, and that pods have to get their network.
   *
   * @defaultValue 30
   */
  readonly timeout?: number;
}

export type LabAttachment = "auto" | "tcx" | "clsact";

export type LabRouting = "direct" | "geneve";

/** An address of a host on the underlay, with the length of the underlay's prefix. */
interface HostAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** A host on the underlay: a network namespace with one device, `eth0`. */
export interface HostPlan {
  readonly name: string;
  /** The name of its network namespace under `/run/netns`. */
  readonly netns: string;
  readonly addresses: readonly HostAddress[];
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
  readonly families: readonly IpFamily[];
  readonly attachment: LabAttachment;
  /** In milliseconds. */
  readonly patience: number;
  /** The namespace whose bridge joins the hosts. */
  readonly switchNetns: string;
  readonly nodes: readonly NodePlan[];
  /** A host that is not part of the cluster; it knows the routes to the pods. */
  readonly outside: HostPlan;
}

/** The underlay: TEST-NET-1 (RFC 5737) and the documentation prefix (RFC 3849). */
const underlay: Readonly<Record<IpFamily, IpPrefix>> = {
  4: parsePrefix("192.0.2.0/24"),
  6: parsePrefix("2001:db8::/64"),
};

/** Where the outside host stands on the underlay; nodes count from 1. */
const outsideOffset = 254n;

const maxNodes = 32;

/** In seconds. */
const defaultTimeout = 30;
const maxTimeout = 3600;

/**
 * Lays out a lab.
 *
 * @throws {LabError} `bad-option`
 */
export function planLab(options: LabOptions): LabPlan {
  checkOptions(options);
  const { name, families, attachment = "auto", timeout = defaultTimeout } = options;
  const { routing = "direct" } = options;
  const host = (hostName: string, offset: bigint): HostPlan => ({
    name: hostName,
    netns: netnsName(name, hostName),
    addresses: families.map((family) => ({
      address: prefixNth(underlay[family], offset),
      prefixLength: prefixLength(underlay[family]),
    })),
  });
  const node = (index: number): NodePlan => ({
    ...host(`node-${String(index)}`, BigInt(index)),
    podPrefixes: families.map((family) => podPrefix(family, index)),
    routing: typeof routing === "string" ? routing : (routing[index - 1] ?? "direct"),
  });
  return {
    name,
    families,
    attachment,
    patience: timeout * 1000,
    switchNetns: netnsName(name, "switch"),
    nodes: Array.from({ length: options.nodes }, (_, index) => node(index + 1)),
    outside: host("outside", outsideOffset),
  };
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

function checkOptions(options: LabOptions): void {
  const { name, nodes, families, timeout = defaultTimeout } = options;
  checkLabName(name);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > maxNodes) {
    throw badOption(`nodes ${String(nodes)}`, `a lab has 1 to ${String(maxNodes)} nodes`);
  }
  if (families.length === 0 || families.some((family) => !ipFamilies.includes(family))) {
    throw badOption("family", "a lab has IPv4, IPv6 or both");
  }
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > maxTimeout) {
    throw badOption(
      `timeout ${String(timeout)}`,
      `a timeout has 1 to ${String(maxTimeout)} whole seconds`,
    );
  }
}

function badOption(subject: string, reason: string): LabError {
  return new LabError({ code: "bad-option", operation: "plan lab with", subject, reason });
}

/** The address of a host in the family, if it has one. */
export function addressOf(host: HostPlan, family: IpFamily): IpAddress | undefined {
  return host.addresses.find(({ address }) => ipFamily(address) === family)?.address;
}

/** Reads what `--family` says. */
export function parseFamilies(text: string): readonly IpFamily[] {
  switch (text) {
    case "dual":
      return [4, 6];
    case "ipv4":
      return [4];
    case "ipv6":
      return [6];
    default:
      throw badOption(`family ${JSON.stringify(text)}`, "it is dual, ipv4 or ipv6");
  }
}
