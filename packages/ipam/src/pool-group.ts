import {
  ipFamilies,
  type IpAddress,
  ipFamily,
  type IpFamily,
  selectorMatches,
  type StateStream,
} from "@heddle/contracts";
import { createComputedState, createTable, type MutableTable, type Table } from "@heddle/tables";
import { AddressPool } from "./address-pool.ts";
import { AddressSpace } from "./address-space.ts";
import { joinAllocations, type PoolAllocation } from "./allocation.ts";
import type { PrefixUsage } from "./block.ts";
import { checkFamilies } from "./families.ts";
import type { IpamDeps, SuppliedPool } from "./ipam.ts";
import { duplicatePool, noPool, outsidePools, poolInUse, unknownPool } from "./pool-refusals.ts";
import type { NamedPoolOptions, PoolChoice, Pools, PoolsOptions, PoolUsage } from "./pools.ts";
import { noFamily } from "./refusals.ts";

interface Member {
  readonly options: NamedPoolOptions;
  readonly pool: AddressPool;
}

export class PoolGroup implements Pools {
  readonly #deps: IpamDeps;
  readonly #defaultPool: string;
  readonly #members = new Map<string, Member>();
  readonly #usage = createComputedState(() => this.#computeUsage());
  readonly #space: AddressSpace;
  #table: MutableTable<string, PoolAllocation> | undefined;

  constructor(deps: IpamDeps, { pools, defaultPool = "default" }: PoolsOptions) {
    this.#deps = deps;
    this.#defaultPool = defaultPool;
    this.#space = new AddressSpace(deps.clock, () => this.#usage.invalidate());
    for (const pool of pools) this.add(pool);
  }

  get allocations(): Table<string, PoolAllocation> {
    this.#table ??= this.#createTable();
    return this.#table;
  }

  get usage$(): StateStream<readonly PoolUsage[]> {
    return this.#usage.state$;
  }

  allocate(owner: string, families: readonly IpFamily[], choice: PoolChoice = {}): PoolAllocation {
    if (families.length === 0) throw noFamily(owner);
    const held = new Set(this.#held(owner).addresses.map(ipFamily));
    const missing = families.filter((family) => !held.has(family));
    if (missing.length > 0) this.#chosen(choice).allocate(owner, missing);
    return this.#record(owner);
  }

  claim(owner: string, addresses: readonly IpAddress[]): PoolAllocation {
    const held = this.#held(owner).addresses;
    const wanted = new Set(addresses).difference(new Set(held));
    checkFamilies(owner, held, wanted);
    // All is planned before the first pool is changed, so that there is nothing to undo.
    const byPool = Map.groupBy(wanted, (address) => this.#poolAt(owner, address));
    const plans = Array.from(byPool, ([pool, own]) => ({ pool, plan: pool.planClaim(owner, own) }));
    for (const { pool, plan } of plans) pool.carryOut(plan);
    return this.#record(owner);
  }

  release(owner: string): boolean {
    let released = false;
    for (const { pool } of this.#members.values()) released = pool.release(owner) || released;
    this.#table?.delete(owner);
    return released;
  }

  ownerOf(address: IpAddress): string | undefined {
    const block = this.#space.index.find(address);
    return block?.slots.ownerOf(block.offsetOf(address));
  }

  choose({ pool, labels = {}, namespaceLabels = {} }: PoolChoice): string {
    if (pool !== undefined) return this.#member(pool).options.name;
    for (const { options } of this.#members.values()) {
      const { name, selector, namespaceSelector } = options;
      if (selector === undefined && namespaceSelector === undefined) continue;
      if (
        selectorMatches(selector ?? {}, labels) &&
        selectorMatches(namespaceSelector ?? {}, namespaceLabels)
      ) {
        return name;
      }
    }
    if (this.#members.has(this.#defaultPool)) return this.#defaultPool;
    throw noPool(this.#defaultPool, [...this.#members.keys()]);
  }

  get(name: string): SuppliedPool {
    // Looked for each time, since the pool may be removed.
    const pool = (): AddressPool => this.#member(name).pool;
    return {
      // By way of the group, which knows what the owner has of other pools.
      allocate: (owner, families) => this.allocate(owner, families, { pool: name }),
      addPrefix: (prefix) => pool().addPrefix(prefix),
      drainPrefix: (prefix) => pool().drainPrefix(prefix),
      removePrefix: (prefix) => pool().removePrefix(prefix),
      usage$: pool().usage$,
    };
  }

  poolOf(address: IpAddress): string | undefined {
    return this.#space.index.find(address)?.holder.name;
  }

  add(options: NamedPoolOptions): void {
    const { name, prefixes } = options;
    if (this.#members.has(name)) throw duplicatePool(name);
    const pool = new AddressPool(this.#deps, { ...options, prefixes: [] }, this.#space);
    try {
      for (const prefix of prefixes) pool.addPrefix(prefix);
    } catch (error) {
      pool.clear();
      throw error;
    }
    this.#members.set(name, { options, pool });
    this.#usage.invalidate();
  }

  remove(name: string): void {
    const { pool } = this.#member(name);
    const owners = pool.owners();
    if (owners.size > 0) throw poolInUse(name, owners);
    pool.clear();
    this.#members.delete(name);
    this.#usage.invalidate();
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw unknownPool(name, [...this.#members.keys()]);
    return member;
  }

  #chosen(choice: PoolChoice): AddressPool {
    return this.#member(this.choose(choice)).pool;
  }

  #poolAt(owner: string, address: IpAddress): AddressPool {
    const name = this.poolOf(address);
    if (name === undefined) throw outsidePools(owner, address, [...this.#members.keys()]);
    return this.#member(name).pool;
  }

  #held(owner: string): PoolAllocation {
    const given = [];
    for (const { pool } of this.#members.values()) {
      const allocation = pool.allocationOf(owner);
      if (allocation !== undefined) given.push({ pool: pool.name, allocation });
    }
    return joinAllocations(owner, given);
  }

  #record(owner: string): PoolAllocation {
    const held = this.#held(owner);
    if (held.addresses.length > 0) this.#table?.upsert(owner, held);
    return held;
  }

  #createTable(): MutableTable<string, PoolAllocation> {
    const name = "allocations";
    const table = createTable<string, PoolAllocation>({ name, equals: hasSameAddresses });
    for (const { pool } of this.#members.values()) {
      for (const owner of pool.owners()) table.upsert(owner, this.#held(owner));
    }
    table.markSynced();
    return table;
  }

  #computeUsage(): readonly PoolUsage[] {
    return Array.from(this.#members.values()).flatMap(({ pool }) => {
      const all = pool.usage$.value;
      return ipFamilies.flatMap((family) =>
        sumUsage(
          pool.name,
          family,
          all.filter((one) => one.family === family),
        ),
      );
    });
  }
}

function hasSameAddresses(one: PoolAllocation, other: PoolAllocation): boolean {
  return one.ipv4 === other.ipv4 && one.ipv6 === other.ipv6;
}

/** What the prefixes of a family have together; nothing when there are none. */
function sumUsage(
  pool: string,
  family: IpFamily,
  prefixes: readonly PrefixUsage[],
): readonly PoolUsage[] {
  if (prefixes.length === 0) return [];
  const sum = (part: (usage: PrefixUsage) => bigint | number): bigint =>
    prefixes.reduce((total, usage) => total + BigInt(part(usage)), 0n);
  return [
    {
      pool,
      family,
      capacity: sum(({ capacity }) => capacity),
      used: Number(sum(({ used }) => used)),
      cooling: Number(sum(({ cooling }) => cooling)),
      free: sum(({ free }) => free),
      prefixes,
    },
  ];
}
