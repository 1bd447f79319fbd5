import type { ChangeStream } from "@heddle/contracts";
import { type Derived, isFailure } from "../failure.ts";
import { HashTrie } from "../hash-trie.ts";
import { type Key, precedes, type Snapshot } from "../snapshot.ts";
import { derive, input, type Output } from "./derivation.ts";
import { mapValues } from "./values.ts";

/**
 * Each item under the key that `keyOf` gives it.
 *
 * Where several items have one key, the item whose own key is smallest is there. An item that failed,
 * or for which `keyOf` throws, has no key and is left out; `failures(mapValues(source$, keyOf))` are
 * those items.
 */
export function rekey<K extends Key, V, K2 extends Key>(
  source$: ChangeStream<K, Derived<V>>,
  keyOf: (value: V, key: K) => K2,
): ChangeStream<K2, V> {
  return flatten(mapValues(source$, (value, key) => [[keyOf(value, key), value] as const]));
}

/**
 * The entries that the items hold, as one collection: items are made of entries by `mapValues` before.
 *
 * Where several items hold one key, the entry of the item whose own key is smallest is there; within
 * an item the last one. An item that failed holds no entries.
 *
 * @example
 * ```ts
 * const podOfAddress$ = flatten(
 *   mapValues(pods.changes$, (pod) => pod.addresses.map((address) => [address, pod] as const)),
 * );
 * ```
 */
export function flatten<K extends Key, K2 extends Key, W>(
  source$: ChangeStream<K, Derived<readonly (readonly [K2, W])[]>>,
): ChangeStream<K2, W> {
  return derive((output) => {
    const held = new HashTrie<K, ReadonlyMap<K2, W>>();
    const claims = new Claims<K, K2, W>(output);
    const replace = (source: K, entries: ReadonlyMap<K2, W>) => {
      const before = held.get(source);
      for (const [key, value] of entries) claims.add(key, source, value);
      for (const key of before?.keys() ?? []) if (!entries.has(key)) claims.remove(key, source);
    };
    return [
      input(source$, {
        upsert: (source, value) => {
          const entries = new Map(isFailure(value) ? [] : value);
          replace(source, entries);
          held.set(source, entries);
        },
        delete: (source) => {
          replace(source, new Map());
          held.delete(source);
        },
      }),
    ];
  });
}

/**
 * The items by the group that `groupOf` puts them in: the value of a group is all of its members.
 * A group without members is not there.
 *
 * An item that failed, or for which `groupOf` throws, is in no group; `failures(mapValues(source$,
 * groupOf))` are those items. Collected, this is an index: `collect(group(...))`.
 */
export function group<K extends Key, V, G extends Key>(
  source$: ChangeStream<K, Derived<V>>,
  groupOf: (value: V, key: K) => G,
): ChangeStream<G, Snapshot<K, V>> {
  const grouped$ = mapValues(source$, (value, key) => ({ group: groupOf(value, key), value }));
  return derive((output) => {
    const groupOfMember = new HashTrie<K, G>();
    const groups = new HashTrie<G, HashTrie<K, V>>();
    const join = (name: G, key: K, value: V) => {
      const members = groups.get(name) ?? new HashTrie<K, V>();
      members.set(key, value);
      groups.set(name, members);
      groupOfMember.set(key, name);
      output.upsert(name, members.snapshot());
    };
    const leave = (key: K, next?: G) => {
      const entry = groupOfMember.find(key);
      if (entry === undefined || entry.value === next) return;
      groupOfMember.delete(key);
      const members = groups.get(entry.value);
      members?.delete(key);
      if (members !== undefined && members.size > 0) {
        output.upsert(entry.value, members.snapshot());
      } else {
        groups.delete(entry.value);
        output.delete(entry.value);
      }
    };
    return [
      input(grouped$, {
        upsert: (key, item) => {
          if (isFailure(item)) {
            leave(key);
          } else {
            leave(key, item.group);
            join(item.group, key, item.value);
          }
        },
        delete: (key) => leave(key),
      }),
    ];
  });
}

interface Claim<K extends Key, W> {
  readonly source: K;
  readonly value: W;
}

/** Which sources hold a key; the smallest source is the one that shows. */
class Claims<K extends Key, K2 extends Key, W> {
  readonly #byKey = new HashTrie<K2, readonly Claim<K, W>[]>();
  readonly #output: Output<K2, W>;

  constructor(output: Output<K2, W>) {
    this.#output = output;
  }

  add(key: K2, source: K, value: W): void {
    const others = this.#others(key, source);
    const index = others.findIndex((claim) => precedes(source, claim.source));
    this.#set(key, others.toSpliced(index < 0 ? others.length : index, 0, { source, value }));
  }

  remove(key: K2, source: K): void {
    this.#set(key, this.#others(key, source));
  }

  #others(key: K2, source: K): readonly Claim<K, W>[] {
    return (this.#byKey.get(key) ?? []).filter((claim) => claim.source !== source);
  }

  #set(key: K2, claims: readonly Claim<K, W>[]): void {
    const before = this.#byKey.get(key)?.[0];
    const [now] = claims;
    if (now === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, claims);
    if (now !== undefined && (before === undefined || before.value !== now.value)) {
      this.#output.upsert(key, now.value);
    }
    if (now === undefined && before !== undefined) this.#output.delete(key);
  }
}
