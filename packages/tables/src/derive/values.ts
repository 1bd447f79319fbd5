import type { ChangeStream } from "@heddle/contracts";
import { attempt, type Derived, derivationFailed, type Failure, isFailure } from "../failure.ts";
import { HashTrie } from "../hash-trie.ts";
import type { Key } from "../snapshot.ts";
import { derive, input, onlyPresent } from "./derivation.ts";

/**
 * The same keys with other values. An item for which `map` throws has a {@link Failure} as its value.
 *
 * @example
 * ```ts
 * const names$ = mapValues(pods.changes$, (pod) => pod.metadata.name);
 * ```
 */
export function mapValues<K extends Key, V, W>(
  source$: ChangeStream<K, Derived<V>>,
  map: (value: V, key: K) => Derived<W>,
): ChangeStream<K, Derived<W>> {
  const mapped = (value: V, key: K): Derived<W> => {
    try {
      return map(value, key);
    } catch (thrown) {
      return derivationFailed(key, thrown);
    }
  };
  return derive((output) => ({
    inputs: [
      input(source$, {
        upsert: (key, value) => output.upsert(key, isFailure(value) ? value : mapped(value, key)),
        delete: (key) => output.delete(key),
      }),
    ],
  }));
}

/** The items that pass `test`, and those that failed: before this, or because `test` threw. */
export function filterValues<K extends Key, V, W extends V>(
  source$: ChangeStream<K, Derived<V>>,
  test: (value: V, key: K) => value is W,
): ChangeStream<K, Derived<W>>;
export function filterValues<K extends Key, V>(
  source$: ChangeStream<K, Derived<V>>,
  test: (value: V, key: K) => boolean,
): ChangeStream<K, Derived<V>>;
export function filterValues<K extends Key, V>(
  source$: ChangeStream<K, Derived<V>>,
  test: (value: V, key: K) => boolean,
): ChangeStream<K, Derived<V>> {
  return choose(source$, (value, key) => {
    const verdict = isFailure(value) || attempt(key, () => test(value, key));
    if (isFailure(verdict)) return { value: verdict };
    return verdict ? { value } : undefined;
  });
}

/** The items that did not fail. */
export function successes<K extends Key, V>(
  source$: ChangeStream<K, Derived<V>>,
): ChangeStream<K, V> {
  return choose(source$, (value) => (isFailure(value) ? undefined : { value }));
}

/** The items that failed. */
export function failures<K extends Key, V>(
  source$: ChangeStream<K, Derived<V>>,
): ChangeStream<K, Failure> {
  return choose(source$, (value) => (isFailure(value) ? { value } : undefined));
}

/**
 * Leaves out upserts whose value is what the key already has. Remembers a value per key. Two values
 * are different when `equals` throws, or when one of them is a failure.
 */
export function distinct<K extends Key, V>(
  source$: ChangeStream<K, Derived<V>>,
  equals: (held: V, given: V) => boolean = Object.is,
): ChangeStream<K, Derived<V>> {
  return derive((output) => {
    const held = new HashTrie<K, Derived<V>>();
    const isHeld = (key: K, value: Derived<V>): boolean => {
      const entry = held.find(key);
      if (entry === undefined || isFailure(entry.value) || isFailure(value)) return false;
      const before = entry.value;
      return attempt(key, () => equals(before, value)) === true;
    };
    const source = input(source$, {
      upsert: (key, value) => {
        if (isHeld(key, value)) return;
        held.set(key, value);
        output.upsert(key, value);
      },
      delete: (key) => {
        held.delete(key);
        output.delete(key);
      },
    });
    return { inputs: [source] };
  });
}

/** The items for which `pick` gives a value. It must not throw. */
function choose<K extends Key, V, W>(
  source$: ChangeStream<K, V>,
  pick: (value: V, key: K) => { readonly value: W } | undefined,
): ChangeStream<K, W> {
  return derive((output) => {
    const chosen = onlyPresent(output);
    const source = input(source$, {
      upsert: (key, value) => {
        const picked = pick(value, key);
        if (picked === undefined) chosen.delete(key);
        else chosen.upsert(key, picked.value);
      },
      delete: (key) => chosen.delete(key),
    });
    return { inputs: [source] };
  });
}
