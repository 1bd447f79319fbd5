import type { Clock, IpFamily, IpPrefix, Logger, Service, StateStream } from "@heddle/contracts";
import type { ClusterPrefix, ClusterPrefixUsage } from "../cluster-pool.ts";
import type { Reservation } from "../reservation.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { StoredPool } from "./stored-pool.ts";
import type { NodeBlock, SharedConfig } from "./shared-records.ts";

/**
 * A cluster's pool that any number of allocators share, one on each node or one for many nodes, with nothing between them
 * but a store. No two give the same prefix to two nodes, whenever one of them dies.
 *
 * A node prefix is an object whose name is made of the prefix: who creates it has it for its node, and who comes second
 * gets a conflict. Nothing else says who has what, so that there is nothing to fall apart. Methods reject with
 * {@link IpamError}, or with what the store rejects with; after that the store may have done its part or not, and what
 * a node has then is told by `held`.
 */
export interface SharedPool extends Service {
  /** Resolves when it knows what there is. */
  start(): Promise<void>;
  /**
   * Gives the node one more prefix of each of the families, or none.
   *
   * Rejects with `exhausted`, `no-prefix`, `no-family`.
   */
  acquire(node: string, families: readonly IpFamily[]): Promise<readonly IpPrefix[]>;
  /**
   * Gives the node these very prefixes, such as those that its pods have addresses of.
   *
   * Rejects with `prefix-taken`, which names both nodes, `outside-pool`, `wrong-length`, `reserved`.
   */
  claim(node: string, prefixes: readonly IpPrefix[]): Promise<void>;
  /** Takes a prefix back from the node. Whether the node had it. */
  release(node: string, prefix: IpPrefix): Promise<boolean>;
  /** Takes back all that a node has that is gone for good, which is returned. */
  releaseNode(node: string): Promise<readonly IpPrefix[]>;
  /**
   * What the node has, from the store: also what an allocator got for it that died before it said so. What such a one
   * got of a pool that has changed meanwhile is given back.
   */
  held(node: string): Promise<readonly IpPrefix[]>;
  /** The nodes that have something, as far as is known. */
  nodes(): readonly string[];
  /**
   * Adds a prefix for all allocators, or uses one again that is being drained.
   *
   * Rejects with `overlapping-prefix`, `invalid-option`; `prefix-in-use` while nodes have parts of another length.
   */
  addPrefix(prefix: ClusterPrefix): Promise<void>;
  /** Lets no allocator give anything of the prefix to a node any more. Rejects with `unknown-prefix`. */
  drainPrefix(prefix: IpPrefix): Promise<void>;
  /** Rejects with `unknown-prefix`; `prefix-in-use` while a node has a part of it. */
  removePrefix(prefix: IpPrefix): Promise<void>;
  /** Per prefix of the cluster, in the order in which they are used, as far as is known. */
  readonly usage$: StateStream<readonly ClusterPrefixUsage[]>;
}

export interface SharedPoolDeps {
  /** The node prefixes, of this pool alone. */
  readonly blocks: ObjectStore<NodeBlock>;
  /** What is to be handed out, one object per pool. */
  readonly configs: ObjectStore<SharedConfig>;
  readonly clock: Clock;
  /** @defaultValue nobody is told of odd objects in the store */
  readonly logger?: Logger;
  /** A number from 0 to 1, 1 not included. @defaultValue `Math.random` */
  readonly random?: () => number;
}

export interface SharedPoolOptions {
  /** The pool's name, which is that of its object in `configs`. @defaultValue `"cluster"` */
  readonly name?: string;
  /** What the pool begins with, where the store has nothing about it; the store counts from then on. @defaultValue `[]` */
  readonly prefixes?: readonly ClusterPrefix[];
  /** Addresses that are no node's, likewise. @defaultValue `[]` */
  readonly excluded?: readonly Reservation[];
  /**
   * Which node prefix is next: a random one, which hardly anybody else tries to get at the same time, or the lowest
   * that is free.
   *
   * @defaultValue `"random"`
   */
  readonly strategy?: "first-free" | "random";
}

/** A pool over a store with optimistic concurrency. @throws {IpamError} `overlapping-prefix`, `invalid-option` */
export function createSharedPool(
  deps: SharedPoolDeps,
  options: SharedPoolOptions = {},
): SharedPool {
  return new StoredPool(deps, options);
}
