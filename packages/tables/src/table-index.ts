import { attempt, isFailure } from "./failure.ts";
import { HashTrie, type TrieSnapshot } from "./hash-trie.ts";
import { type Held, type Key, precedes, type Snapshot } from "./snapshot.ts";
import { createTable, type MutableTable, type Table } from "./table.ts";

/**
 * A table by another key, which its items do not have to have alone: the value of an index key is the items
 * that have it. An index key without items is not there.
 *
 * It is a table like any other: it can be read, watched, joined, snapshot and indexed. It is up to date as soon as
 * its table is: for the next line of whoever writes, inside a transaction too, and after one that failed.
 */
export interface Index<I extends Key, K extends Key, V> extends Table<I, Snapshot<K, V>> {
  /** Ends the upkeep; what the index holds stays as it is. */
  [Symbol.dispose](): void;
}

/** As {@link Index}, for keys that only one item has. */
export interface UniqueIndex<I extends Key, K extends Key, V> extends Table<I, IndexedItem<K, V>> {
  /** Ends the upkeep; what the index holds stays as it is. */
  [Symbol.dispose](): void;
}

/** An item of the table that an index is of. */
export interface IndexedItem<K extends Key, V> {
  readonly key: K;
  readonly value: V;
}

export interface IndexOptions<I extends Key, K extends Key, V> {
  /** What it is, in the plural: `pods by address`. */
  readonly name: string;
  /**
   * The index keys of an item, any number of them. It must give the same for the same item each time. An item for
   * which it throws has none; `failures(mapValues(table.changes$, keysOf))` are those items.
   */
  readonly keysOf: (value: V, key: K) => Iterable<I>;
}

/**
 * Keeps an index of a table, at a cost per write that does not depend on the size of either. Made for a table
 * that is large already, it takes all of it in at once.
 *
 * @throws {TableError} `transaction-open` inside a transaction
 *
 * @example
 * ```ts
 * const podsByNode = createIndex(pods, { name: "pods by node", keysOf: (pod) => [pod.node] });
 * podsByNode.get("node-1")?.size;
 * ```
 */
export function createIndex<I extends Key, K extends Key, V>(
  table: Table<K, V>,
  options: IndexOptions<I, K, V>,
): Index<I, K, V> {
  const groups = createTable<I, TrieSnapshot<K, V>>({ name: options.name });
  const keysOf = (held: Held<V> | undefined, key: K): ReadonlySet<I> => {
    if (held === undefined) return new Set();
    const keys = attempt(key, () => new Set(options.keysOf(held.value, key)));
    return isFailure(keys) ? new Set() : keys;
  };
  const upkeep = table.onWrite({
    written: (key, before, now) => {
      const keys = keysOf(now, key);
      for (const name of keysOf(before, key)) if (!keys.has(name)) leave(groups, name, key);
      for (const name of keys) if (now !== undefined) join(groups, name, key, now.value);
    },
    synced: () => groups.markSynced(),
  });
  return Object.assign(groups, { [Symbol.dispose]: () => upkeep[Symbol.dispose]() });
}

/**
 * Keeps an index whose keys have one item each. Where several have one all the same, the item whose own key is
 * smallest shows, and the next one when it goes.
 *
 * @throws {TableError} `transaction-open` inside a transaction
 *
 * @example
 * ```ts
 * const podOfAddress = createUniqueIndex(pods, {
 *   name: "pods by address",
 *   keysOf: (pod) => pod.addresses,
 * });
 * podOfAddress.get("10.0.0.2")?.key;
 * ```
 */
export function createUniqueIndex<I extends Key, K extends Key, V>(
  table: Table<K, V>,
  options: IndexOptions<I, K, V>,
): UniqueIndex<I, K, V> {
  const claims = createIndex(table, options);
  const shown = createTable<I, IndexedItem<K, V>>({
    name: options.name,
    equals: (held, given) => held.key === given.key && Object.is(held.value, given.value),
  });
  claims.onWrite({
    written: (name, _before, now) => {
      const item = now === undefined ? undefined : smallest(now.value);
      if (item === undefined) shown.delete(name);
      else shown.upsert(name, item);
    },
    synced: () => shown.markSynced(),
  });
  return Object.assign(shown, { [Symbol.dispose]: () => claims[Symbol.dispose]() });
}

type Groups<I extends Key, K extends Key, V> = MutableTable<I, TrieSnapshot<K, V>>;

function join<I extends Key, K extends Key, V>(
  groups: Groups<I, K, V>,
  name: I,
  key: K,
  value: V,
): void {
  const before = groups.get(name);
  const members = before === undefined ? new HashTrie<K, V>() : HashTrie.of(before);
  members.set(key, value);
  groups.upsert(name, members.snapshot());
}

function leave<I extends Key, K extends Key, V>(groups: Groups<I, K, V>, name: I, key: K): void {
  const before = groups.get(name);
  if (before === undefined) return;
  const members = HashTrie.of(before);
  members.delete(key);
  if (members.size === 0) groups.delete(name);
  else groups.upsert(name, members.snapshot());
}

/** The item with the smallest key. */
function smallest<K extends Key, V>(items: Snapshot<K, V>): IndexedItem<K, V> | undefined {
  let found: IndexedItem<K, V> | undefined;
  for (const [key, value] of items.entries()) {
    if (found === undefined || precedes(key, found.key)) found = { key, value };
  }
  return found;
}
