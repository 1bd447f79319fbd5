import type { IpAddress, IpPrefix } from "@heddle/contracts";

/** A node of the cluster, as far as packets are concerned. */
export interface ClusterNode {
  readonly name: string;
  /** Its addresses on the network between the nodes, at most one of each family. */
  readonly addresses: readonly IpAddress[];
  /** What its pods have their addresses from. */
  readonly podPrefixes: readonly IpPrefix[];
}
