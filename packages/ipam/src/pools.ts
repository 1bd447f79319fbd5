import type { IpAddress, IpFamily, Labels, LabelSelector, StateStream } from "@heddle/contracts";
import type { Table } from "@heddle/tables";
import type { PrefixUsage } from "./block.ts";
import type { PoolAllocation } from "./allocation.ts";
import type { IpamDeps, IpamOptions, SuppliedPool } from "./ipam.ts";
import { PoolGroup } from "./pool-group.ts";

/** What decides which pool an owner's addresses come from. */
export interface PoolChoice {
  /**
   * The name of the pool.
   *
   * @defaultValue the first pool whose selectors match, else the default one
   */
  readonly pool?: string | undefined;
  /** The owner's labels. @defaultValue none */
  readonly labels?: Labels;
  /** The labels of what the owner is in, as its namespace. @defaultValue none */
  readonly namespaceLabels?: Labels;
}

/** One of several pools: who gets addresses of it without asking for it by name, and how they are given. */
export interface NamedPoolOptions extends IpamOptions {
  readonly name: string;
  /**
   * The owners that get addresses of this pool. With `namespaceSelector` too, both have to match.
   *
   * @defaultValue those that ask for it by name, unless there is a `namespaceSelector`
   */
  readonly selector?: LabelSelector;
  /** Where these owners are. @defaultValue anywhere, when there is a `selector` */
  readonly namespaceSelector?: LabelSelector;
}

/** How much of a pool is in use, of one family. */
export interface PoolUsage {
  readonly pool: string;
  readonly family: IpFamily;
  /** Addresses that can be given out: all but the reserved ones and those that no host can have. */
  readonly capacity: bigint;
  /** Addresses that have an owner. */
  readonly used: number;
  /** Addresses that wait for the end of their cool-down. */
  readonly cooling: number;
  /** Addresses that can be given out now. */
  readonly free: bigint;
  /** Of each prefix, in the order in which they are used. */
  readonly prefixes: readonly PrefixUsage[];
}

/**
 * Several pools with names, each with prefixes, strategy, cool-down and reserved ranges of its own. No two have a
 * common address, and an owner has at most one address of each family, whichever pool it is of.
 *
 * As with `Ipam`, a method does all that it is asked or throws an {@link IpamError} and does nothing.
 */
export interface Pools {
  /**
   * Gives the owner one address of each of the families, of the pool that is chosen. An address that the owner has
   * already is kept, of whatever pool it is.
   *
   * @throws {IpamError} `unknown-pool`, `no-pool`, `exhausted`, `no-prefix`, `no-family`
   */
  allocate(owner: string, families: readonly IpFamily[], choice?: PoolChoice): PoolAllocation;
  /**
   * Gives the owner these very addresses, of whichever pools they are.
   *
   * @throws {IpamError} as `claim` of `Ipam`
   */
  claim(owner: string, addresses: readonly IpAddress[]): PoolAllocation;
  /** Takes back all that the owner has. Whether it had anything. */
  release(owner: string): boolean;
  /** Who has the address. */
  ownerOf(address: IpAddress): string | undefined;
  /**
   * The name of the pool that an owner is given addresses of.
   *
   * @throws {IpamError} `unknown-pool`, `no-pool`
   */
  choose(choice: PoolChoice): string;
  /**
   * The pool of a name, whose prefixes can be changed; a `PrefixSupply` of its own can do so.
   *
   * @throws {IpamError} `unknown-pool`
   */
  get(pool: string): SuppliedPool;
  /** The name of the pool that has the address, whether somebody has it or not. */
  poolOf(address: IpAddress): string | undefined;
  /**
   * Adds a pool, whose selectors are asked after those of the others.
   *
   * @throws {IpamError} `duplicate-pool`, `overlapping-prefix`, `invalid-option`
   */
  add(options: NamedPoolOptions): void;
  /** Removes a pool. @throws {IpamError} `unknown-pool`; `pool-in-use` while it has owners */
  remove(pool: string): void;
  /** Who has what, by owner; synced from the beginning. */
  readonly allocations: Table<string, PoolAllocation>;
  /** By pool and family, pools in the order in which they are asked. */
  readonly usage$: StateStream<readonly PoolUsage[]>;
}

export interface PoolsOptions {
  /** The pools, in the order in which their selectors are asked. */
  readonly pools: readonly NamedPoolOptions[];
  /**
   * The pool of owners that ask for none and that no selector matches.
   *
   * @defaultValue `"default"`
   */
  readonly defaultPool?: string;
}

/**
 * Several pools of addresses.
 *
 * @throws {IpamError} `duplicate-pool`, `overlapping-prefix`, `invalid-option`
 */
export function createPools(deps: IpamDeps, options: PoolsOptions): Pools {
  return new PoolGroup(deps, options);
}
