import {
  type IpAddress,
  type IpFamily,
  ipFamily,
  type IpPrefix,
  prefixFamily,
} from "@heddle/contracts";
import {
  addressAsBits,
  entriesCovering,
  entriesWithin,
  insertPrefix,
  longestMatch,
  prefixBits,
  type PrefixEntry,
  type PrefixNode,
  removePrefix,
} from "./prefix-trie.ts";
import type { Snapshot } from "./snapshot.ts";
import { createTable, type Table } from "./table.ts";

/** Finds prefixes of either family by what they cover, and by what covers them. */
export interface PrefixLookup<V> {
  /** The longest prefix that the address lies in. */
  match(address: IpAddress): PrefixEntry<V> | undefined;
  /** All prefixes that contain this one, itself included, from the shortest to the longest. */
  covering(prefix: IpPrefix): IteratorObject<PrefixEntry<V>>;
  /** All prefixes that lie in this one, itself included, in the order of their addresses. */
  within(prefix: IpPrefix): IteratorObject<PrefixEntry<V>>;
}

/** Keeps a table's prefixes in order. */
export interface PrefixIndex<V> extends PrefixLookup<V>, Disposable {
  /** The table that it is of, for what is asked by key, and to watch. */
  readonly table: Table<IpPrefix, V>;
  /** What is there now, for good. */
  snapshot(): PrefixLookup<V>;
  /** Ends the upkeep; what the index holds stays as it is. */
  [Symbol.dispose](): void;
}

/**
 * Keeps an index of a table of prefixes, at a cost per write of at most one step per bit. For items that
 * have prefixes, any number of them, make it of an `Index` by prefix.
 *
 * It is up to date as soon as its table is: for the next line of whoever writes, inside a transaction too, and
 * after one that failed. What it gives while it is iterated over is what was there at the beginning.
 *
 * @throws {TableError} `transaction-open` inside a transaction
 *
 * @example
 * ```ts
 * const routes = createPrefixIndex(routeTable);
 * routes.match(parseIp("10.0.0.9"))?.[1].nextHop;
 * ```
 */
export function createPrefixIndex<V>(table: Table<IpPrefix, V>): PrefixIndex<V> {
  // Roots are kept in a table, since a transaction that fails puts tables back.
  const roots = createTable<IpFamily, PrefixNode<V>>({ name: `prefixes of ${table.name}` });
  const setRoot = (family: IpFamily, root: PrefixNode<V> | undefined) => {
    if (root === undefined) roots.delete(family);
    else roots.upsert(family, root);
  };
  const upkeep = table.onWrite({
    written: (prefix, _before, now) => {
      const family = prefixFamily(prefix);
      const root = roots.get(family);
      const next =
        now === undefined ? removePrefix(root, prefix) : insertPrefix(root, [prefix, now.value]);
      setRoot(family, next);
    },
    synced: () => roots.markSynced(),
  });
  return Object.assign(new RootedLookup(roots), {
    table,
    snapshot: () => new RootedLookup(roots.snapshot()),
    [Symbol.dispose]: () => upkeep[Symbol.dispose](),
  });
}

class RootedLookup<V> implements PrefixLookup<V> {
  readonly #roots: Pick<Snapshot<IpFamily, PrefixNode<V>>, "get">;

  constructor(roots: Pick<Snapshot<IpFamily, PrefixNode<V>>, "get">) {
    this.#roots = roots;
  }

  match(address: IpAddress): PrefixEntry<V> | undefined {
    return longestMatch(this.#roots.get(ipFamily(address)), addressAsBits(address));
  }

  covering(prefix: IpPrefix): IteratorObject<PrefixEntry<V>> {
    return entriesCovering(this.#roots.get(prefixFamily(prefix)), prefixBits(prefix));
  }

  within(prefix: IpPrefix): IteratorObject<PrefixEntry<V>> {
    return entriesWithin(this.#roots.get(prefixFamily(prefix)), prefixBits(prefix));
  }
}
