import {
  type Clock,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  type StateStream,
} from "@heddle/contracts";
import type { Table } from "@heddle/tables";
import { AddressPool } from "./address-pool.ts";
import type { Allocation } from "./allocation.ts";
import type { PrefixUsage } from "./block.ts";
import type { Reservation } from "./reservation.ts";

/**
 * Hands out the addresses of a pool of prefixes, each to one owner, who has at most one of each family.
 *
 * Every method does all that it is asked or throws an {@link IpamError} and does nothing. Time per
 * address does not depend on the size of the pool, nor on how full it is; memory is in proportion to
 * the addresses that have an owner.
 */
export interface Ipam {
  /**
   * Gives the owner one address of each of the families. An address that the owner has already is
   * kept: asking again gives the same.
   *
   * @throws {IpamError} `exhausted`, `no-prefix`, `no-family`
   */
  allocate(owner: string, families: readonly IpFamily[]): Allocation;
  /**
   * Gives the owner these very addresses: static ones, or those found at a restart. Claiming what the
   * owner has already changes nothing. An address that cools down can be claimed by who had it last.
   *
   * @throws {IpamError} `address-taken`, `outside-pool`, `draining-prefix`, `reserved`, `cooling-down`,
   * `second-address`
   */
  claim(owner: string, addresses: readonly IpAddress[]): Allocation;
  /** Takes back all that the owner has. Whether it had anything. */
  release(owner: string): boolean;
  /** Who has the address. */
  ownerOf(address: IpAddress): string | undefined;
  /**
   * Adds addresses to the pool, to be used after those of the earlier prefixes of the family; also those of a
   * prefix that is being drained.
   *
   * @throws {IpamError} `overlapping-prefix`
   */
  addPrefix(prefix: IpPrefix): void;
  /**
   * Gives no address of the prefix to anybody from now on. Owners keep theirs, and the prefix leaves the pool
   * with the last one: at once when there is none. Draining it again is harmless.
   *
   * @throws {IpamError} `unknown-prefix`
   */
  drainPrefix(prefix: IpPrefix): void;
  /**
   * Takes a prefix out of the pool. Cool-downs go on, should it come back.
   *
   * @throws {IpamError} `unknown-prefix`; `prefix-in-use` while an address of it has an owner
   */
  removePrefix(prefix: IpPrefix): void;
  /**
   * Who has what, by owner; synced from the beginning. Claiming the addresses of each entry restores the
   * pool elsewhere.
   */
  readonly allocations: Table<string, Allocation>;
  /** Per prefix, in the order in which they are used. */
  readonly usage$: StateStream<readonly PrefixUsage[]>;
}

/** A pool whose prefixes come and go while it gives out their addresses. */
export type SuppliedPool = Pick<
  Ipam,
  "allocate" | "addPrefix" | "drainPrefix" | "removePrefix" | "usage$"
>;

export interface IpamDeps {
  readonly clock: Clock;
  /**
   * A number from 0 to 1, 1 not included, for the strategy `random`.
   *
   * @defaultValue `Math.random`
   */
  readonly random?: () => number;
}

export interface IpamOptions {
  /**
   * The pool's name in errors.
   *
   * @defaultValue `"default"`
   */
  readonly name?: string;
  /** The prefixes of the pool, of either family, in the order in which they are used. */
  readonly prefixes: readonly IpPrefix[];
  /**
   * Addresses that nobody gets, inside the prefixes or not. Those that no host can have need not be
   * named: network and broadcast addresses of IPv4, the subnet-router anycast address of IPv6.
   *
   * @defaultValue `[]`
   */
  readonly reserved?: readonly Reservation[];
  /**
   * Which address is next: the lowest that is free, or a random one, which keeps a new owner from the
   * address of the last one and makes addresses hard to guess.
   *
   * @defaultValue `"first-free"`
   */
  readonly strategy?: "first-free" | "random";
  /**
   * Milliseconds for which a released address is not given to another owner, so that nobody takes the
   * new owner for the old one.
   *
   * @defaultValue 0
   */
  readonly coolDown?: number;
}

/**
 * A pool of addresses.
 *
 * @throws {IpamError} `overlapping-prefix`, `invalid-option`
 */
export function createIpam(deps: IpamDeps, options: IpamOptions): Ipam {
  return new AddressPool(deps, options);
}
