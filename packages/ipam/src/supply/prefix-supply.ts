import type {
  Clock,
  Health,
  IpFamily,
  IpPrefix,
  Logger,
  Service,
  StateStream,
} from "@heddle/contracts";
import type { Allocation } from "../allocation.ts";
import type { SuppliedPool } from "../ipam.ts";
import type { SharedPool } from "../shared-pool/shared-pool.ts";
import { SupplyLoop } from "./supply-loop.ts";

/** Where a node's prefixes come from. */
export interface PrefixSource {
  /** What the node has. */
  held(): Promise<readonly IpPrefix[]>;
  /** One more prefix of each of the families, or none. */
  acquire(families: readonly IpFamily[]): Promise<readonly IpPrefix[]>;
  /** Gives a prefix back, of which nobody has an address. */
  release(prefix: IpPrefix): Promise<unknown>;
}

/**
 * Keeps a node's pool supplied with prefixes: as use grows it gets further ones before they are needed, and gives those
 * back that have been empty for a while and are not needed any more.
 *
 * To restore a node, start it, which adds the prefixes that the node has, then claim the addresses of its pods.
 */
export interface PrefixSupply extends Service {
  /** Resolves when the pool has the prefixes that the node has. Rejects when the source cannot tell. */
  start(): Promise<void>;
  /**
   * As `allocate` of `Ipam`, but waits for a further prefix where the pool has nothing left.
   *
   * Rejects with {@link IpamError}: `exhausted` or `no-prefix` of the source when it has nothing left either.
   */
  allocate(owner: string, families: readonly IpFamily[]): Promise<Allocation>;
  readonly health$: StateStream<Health>;
}

export interface PrefixSupplyDeps {
  /** The node's pool, or one of several. Nobody else adds prefixes to it or removes them. */
  readonly ipam: SuppliedPool;
  readonly source: PrefixSource;
  readonly clock: Clock;
  /** @defaultValue nobody is told */
  readonly logger?: Logger;
  /** A number from 0 to 1, 1 not included, for the time between attempts. @defaultValue `Math.random` */
  readonly random?: () => number;
}

export interface PrefixSupplyOptions {
  /** The families that the node has addresses of. */
  readonly families: readonly IpFamily[];
  /** Addresses of each family to have beyond those in use, see `neededAddresses`. @defaultValue 8 */
  readonly preAllocate?: number;
  /** Milliseconds for which a prefix has to be empty, and not needed, before it is given back. @defaultValue 60000 */
  readonly releaseAfter?: number;
}

/** @throws {IpamError} `invalid-option` */
export function createPrefixSupply(
  deps: PrefixSupplyDeps,
  options: PrefixSupplyOptions,
): PrefixSupply {
  return new SupplyLoop(deps, options);
}

/** The prefixes that a shared pool gives to one node. */
export function nodeSource(pool: SharedPool, node: string): PrefixSource {
  return {
    held: () => pool.held(node),
    acquire: (families) => pool.acquire(node, families),
    release: (prefix) => pool.release(node, prefix),
  };
}
