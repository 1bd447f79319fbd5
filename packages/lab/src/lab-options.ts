import type { IpFamily } from "@heddle/contracts";

/** How agents attach their programs. */
export type LabAttachment = "auto" | "tcx" | "clsact";

/** How packets reach other nodes' pods: by routes, or in Geneve tunnels. */
export type LabRouting = "direct" | "geneve";

/** What a lab is asked to be. */
export interface LabOptions {
  /** Labs of different names stand side by side. A DNS label of at most 24 characters. */
  readonly name: string;
  /** 1 to 32. */
  readonly nodes: number;
  /** The families of the pods. */
  readonly families: readonly IpFamily[];
  /**
   * The families of the network between the nodes, and of the addresses in their Node objects. With direct
   * routing IPv4 pods reach one another over an IPv6 network by IPv6 next hops (RFC 8950); there is no such thing for
   * the reverse. Tunnels carry both families over either.
   *
   * @defaultValue those of the pods
   */
  readonly underlay?: readonly IpFamily[];
  /**
   * Bytes of the largest IP packet that the networks and the hosts' devices take, 1280 to 65535.
   *
   * @defaultValue 1500
   */
  readonly mtu?: number;
  /** The same for the devices of single nodes, by name: at most `mtu`. Nobody tells other hosts, as on an Ethernet. */
  readonly nodeMtus?: Readonly<Record<string, number>>;
  /**
   * How many networks every node and the outside host are on, 1 or 2: `eth1` is on the second one, with addresses
   * of its own that no Node object has. Agents use both devices.
   *
   * @defaultValue 1
   */
  readonly links?: number;
  /**
   * The MTU of a link in the middle: two routers join the first half of the nodes to the rest and the outside host.
   * At least 1280, and less than `mtu`.
   *
   * @defaultValue none: everybody is on one network
   */
  readonly narrow?: number;
  /**
   * How the agents attach their programs to devices: by tcx links (Linux 6.6), or as filters of traffic control.
   *
   * @defaultValue `"auto"`: tcx where the kernel has it
   */
  readonly attachment?: LabAttachment;
  /**
   * For all nodes, or one for each. Tunnels go over IPv4 where the underlay has it.
   *
   * @defaultValue `"direct"`
   */
  readonly routing?: LabRouting | readonly LabRouting[];
  /**
   * Whether the nodes answer for their pods on their networks, and the outside host knows no more of them than that
   * they are on its link.
   *
   * @defaultValue false: it has a route to the pods of each node
   */
  readonly onLinkPods?: boolean;
  /**
   * More of the configuration of all agents, as a file would have it: `{ masquerade: "off" }`. None that the lab sets
   * itself. An agent that does not know an option, or not the value, ends, and says so.
   *
   * @defaultValue `{}`, with a table for 65,536 connections
   */
  readonly agentOptions?: Readonly<Record<string, string>>;
  /**
   * Seconds that an agent has to become ready or to stop, and that pods have to get their network.
   *
   * @defaultValue 30
   */
  readonly timeout?: number;
}
