import type { ChangeStream } from "@heddle/contracts";
import { type Derived, isFailure } from "../failure.ts";
import { HashTrie } from "../hash-trie.ts";
import { type Key, precedes, type Snapshot } from "../snapshot.ts";
import { derive, input, type Output, Unsettled } from "./derivation.ts";
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
    const source = input(source$, {
      upsert: (key, value) => {
        const entries = new Map(isFailure(value) ? [] : value);
        replace(key, entries);
        held.set(key, entries);
      },
      delete: (key) => {
        replace(key, new Map());
        held.delete(key);
      },
    });
    return { inputs: [source], settle: () => claims.settle() };
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
    const groups = new Groups<G, K, V>(output);
    const source = input(grouped$, {
      upsert: (key, item) => {
        if (isFailure(item)) groups.leave(key);
        else groups.join(key, item.group, item.value);
      },
      delete: (key) => groups.leave(key),
    });
    return { inputs: [source], settle: () => groups.settle() };
  });
}

interface Group<G, K extends Key, V> {
  readonly name: G;
  readonly members: HashTrie<K, V>;
  shown: boolean;
  unsettled: boolean;
}

class Groups<G extends Key, K extends Key, V> {
  readonly #output: Output<G, Snapshot<K, V>>;
  readonly #ofMember = new HashTrie<K, Group<G, K, V>>();
  readonly #byName = new HashTrie<G, Group<G, K, V>>();
  readonly #unsettled = new Unsettled<Group<G, K, V>>();

  constructor(output: Output<G, Snapshot<K, V>>) {
    this.#output = output;
  }

  join(key: K, name: G, value: V): void {
    const one = this.#named(name);
    if (this.#ofMember.get(key) !== one) this.leave(key);
    this.#ofMember.set(key, one);
    one.members.set(key, value);
    this.#unsettled.add(one);
  }

  leave(key: K): void {
    const one = this.#ofMember.get(key);
    if (one === undefined) return;
    this.#ofMember.delete(key);
    one.members.delete(key);
    this.#unsettled.add(one);
  }

  settle(): void {
    this.#unsettled.settle((one) => {
      const { name, members, shown } = one;
      one.shown = members.size > 0;
      if (one.shown) this.#output.upsert(name, members.snapshot());
      else this.#byName.delete(name);
      if (shown && !one.shown) this.#output.delete(name);
    });
  }

  #named(name: G): Group<G, K, V> {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const one = { name, members: new HashTrie<K, V>(), shown: false, unsettled: false };
    this.#byName.set(name, one);
    return one;
  }
}

interface Claim<K extends Key, W> {
  readonly source: K;
  readonly value: W;
}

/** A key and the sources that hold it. */
interface Claimed<K extends Key, K2 extends Key, W> {
  readonly key: K2;
  /** The smallest source first, which is the one that shows. */
  claims: readonly Claim<K, W>[];
  shown: Claim<K, W> | undefined;
  unsettled: boolean;
}

/** Which sources hold a key. */
class Claims<K extends Key, K2 extends Key, W> {
  readonly #byKey = new HashTrie<K2, Claimed<K, K2, W>>();
  readonly #unsettled = new Unsettled<Claimed<K, K2, W>>();
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

  settle(): void {
    this.#unsettled.settle((claimed) => {
      const { key, shown } = claimed;
      const [now] = claimed.claims;
      claimed.shown = now;
      if (now === undefined) this.#byKey.delete(key);
      if (now !== undefined && (shown === undefined || shown.value !== now.value)) {
        this.#output.upsert(key, now.value);
      }
      if (now === undefined && shown !== undefined) this.#output.delete(key);
    });
  }

  #others(key: K2, source: K): readonly Claim<K, W>[] {
    return (this.#byKey.get(key)?.claims ?? []).filter((claim) => claim.source !== source);
  }

  #set(key: K2, claims: readonly Claim<K, W>[]): void {
    let claimed = this.#byKey.get(key);
    if (claimed === undefined) {
      claimed = { key, claims, shown: undefined, unsettled: false };
      this.#byKey.set(key, claimed);
    }
    claimed.claims = claims;
    this.#unsettled.add(claimed);
  }
}
