import type { IpFamily, IpPrefix, StateStream } from "@heddle/contracts";
import { NodePrefixPool } from "./node-prefix-pool.ts";
import type { Reservation } from "./reservation.ts";

/** A prefix of the cluster, and how large the prefixes are that nodes get of it. */
export interface ClusterPrefix {
  readonly prefix: IpPrefix;
  /** Length of a node's prefix, in bits: 8 to 30 for IPv4, 64 to 120 for IPv6. */
  readonly nodeLength: number;
}

/** How much of a cluster's prefix is in use. */
export interface ClusterPrefixUsage {
  readonly prefix: IpPrefix;
  readonly family: IpFamily;
  readonly nodeLength: number;
  /** Node prefixes that can be given out: all but those that are excluded, even in part. */
  readonly capacity: bigint;
  /** Node prefixes that a node has. */
  readonly used: number;
  /** Node prefixes that can be given out now; none of a prefix that is drained. */
  readonly free: bigint;
  /** How many nodes have a part of it. */
  readonly nodes: number;
  /** Whether nothing of it is given out any more, and it goes with its last node. */
  readonly draining: boolean;
}

/**
 * Hands out the prefixes of a cluster to its nodes, as many to each as it asks for.
 *
 * Every method does all that it is asked or throws an {@link IpamError} and does nothing. Time per prefix does not
 * depend on the size of the pool, nor on how full it is; memory is in proportion to what nodes have.
 */
export interface ClusterPool {
  /**
   * Gives the node one more prefix of each of the families.
   *
   * @throws {IpamError} `exhausted`, `no-prefix`, `no-family`
   */
  allocate(node: string, families: readonly IpFamily[]): readonly IpPrefix[];
  /**
   * Gives the node these very prefixes, such as those that a restarted allocator finds it with. What the node has
   * already is fine, and so is a part of a prefix that is being drained.
   *
   * @throws {IpamError} `prefix-taken`, which names both nodes; `outside-pool`, `wrong-length`, `reserved`
   */
  claim(node: string, prefixes: readonly IpPrefix[]): void;
  /** Takes a prefix back from the node. Whether the node had it. */
  release(node: string, prefix: IpPrefix): boolean;
  /** Takes back all that the node has, which is returned. */
  releaseNode(node: string): readonly IpPrefix[];
  /** The node that has the prefix. */
  nodeOf(prefix: IpPrefix): string | undefined;
  /** What the node has, in the order in which it was given. */
  prefixesOf(node: string): readonly IpPrefix[];
  /** The nodes that have something. */
  nodes(): readonly string[];
  /**
   * Adds a prefix of the cluster, to be used after those of its family that are there; also one that is being drained.
   *
   * @throws {IpamError} `overlapping-prefix`, `invalid-option`
   */
  addPrefix(prefix: ClusterPrefix): void;
  /**
   * Gives nothing of the prefix to any node from now on. Nodes keep theirs, and the prefix leaves the pool with the
   * last of them: at once when there is none.
   *
   * @throws {IpamError} `unknown-prefix`
   */
  drainPrefix(prefix: IpPrefix): void;
  /** @throws {IpamError} `unknown-prefix`; `prefix-in-use` while a node has a part of it */
  removePrefix(prefix: IpPrefix): void;
  /** Per prefix of the cluster, in the order in which they are used. */
  readonly usage$: StateStream<readonly ClusterPrefixUsage[]>;
}

export interface ClusterPoolDeps {
  /**
   * A number from 0 to 1, 1 not included, for the strategy `random`.
   *
   * @defaultValue `Math.random`
   */
  readonly random?: () => number;
}

export interface ClusterPoolOptions {
  /** The pool's name in errors. @defaultValue `"cluster"` */
  readonly name?: string;
  /** The prefixes of the cluster, of either family, in the order in which they are used. */
  readonly prefixes: readonly ClusterPrefix[];
  /**
   * Addresses that are no node's: a node prefix with one of them is not given out.
   *
   * @defaultValue `[]`
   */
  readonly excluded?: readonly Reservation[];
  /** Which node prefix is next: the lowest that is free, or a random one. @defaultValue `"first-free"` */
  readonly strategy?: "first-free" | "random";
}

/**
 * A cluster's pool in memory, of one allocator. `createSharedPool` has one that many allocators share.
 *
 * @throws {IpamError} `overlapping-prefix`, `invalid-option`
 */
export function createClusterPool(deps: ClusterPoolDeps, options: ClusterPoolOptions): ClusterPool {
  return new NodePrefixPool(deps, options);
}
