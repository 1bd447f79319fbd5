import type { ChangeStream } from "@heddle/contracts";
import { attempt, type Derived, isFailure } from "../failure.ts";
import { HashTrie } from "../hash-trie.ts";
import type { Key } from "../snapshot.ts";
import { derive, input, type Output, type Sink } from "./derivation.ts";

/** Which item of the right side an item of the left side belongs to; undefined when to none. */
export type On<K extends Key, L, K2 extends Key> = (left: L, key: K) => K2 | undefined;

/**
 * Each left item that has a right one, combined with it. `on` says which: `(_, key) => key` joins by
 * the same key, `(pod) => pod.node` by a reference; any number of left items may refer to one.
 *
 * Where either side failed, or a function throws, the item has a failure as its value.
 *
 * @example
 * ```ts
 * const located$ = join(pods.changes$, nodes.changes$, (pod) => pod.node, (pod, node) => ({
 *   pod: pod.name,
 *   nextHop: node.address,
 * }));
 * ```
 */
export function join<K extends Key, L, K2 extends Key, R, W>(
  left$: ChangeStream<K, Derived<L>>,
  right$: ChangeStream<K2, Derived<R>>,
  on: On<K, L, K2>,
  combine: (left: L, right: R, key: K) => Derived<W>,
): ChangeStream<K, Derived<W>> {
  return derive((output) => {
    const state = new Join<K, L, K2, R, W>(output, on, combine, undefined);
    return [input(left$, state.left), input(right$, state.right)];
  });
}

/**
 * Each left item, combined with its right one or with `undefined`. That a right item is missing is
 * known only once the right side has synced; until then the left items without one are held back.
 */
export function leftJoin<K extends Key, L, K2 extends Key, R, W>(
  left$: ChangeStream<K, Derived<L>>,
  right$: ChangeStream<K2, Derived<R>>,
  on: On<K, L, K2>,
  combine: (left: L, right: R | undefined, key: K) => Derived<W>,
): ChangeStream<K, Derived<W>> {
  return derive((output) => {
    const alone = (left: L, key: K) => combine(left, undefined, key);
    const state = new Join<K, L, K2, R, W>(output, on, combine, alone);
    return [input(left$, state.left), input(right$, state.right)];
  });
}

interface LeftItem<L, K2> {
  readonly value: Derived<L>;
  readonly reference: Derived<K2 | undefined>;
  /** Whether the result has the key. */
  shown: boolean;
}

class Join<K extends Key, L, K2 extends Key, R, W> {
  readonly #output: Output<K, Derived<W>>;
  readonly #on: On<K, L, K2>;
  readonly #combine: (left: L, right: R, key: K) => Derived<W>;
  /** What becomes of a left item without a right one; undefined in an inner join. */
  readonly #alone: ((left: L, key: K) => Derived<W>) | undefined;
  readonly #leftItems = new HashTrie<K, LeftItem<L, K2>>();
  readonly #rightItems = new HashTrie<K2, Derived<R>>();
  readonly #referrers = new Referrers<K, K2>();
  #rightSynced = false;

  constructor(
    output: Output<K, Derived<W>>,
    on: On<K, L, K2>,
    combine: (left: L, right: R, key: K) => Derived<W>,
    alone: ((left: L, key: K) => Derived<W>) | undefined,
  ) {
    this.#output = output;
    this.#on = on;
    this.#combine = combine;
    this.#alone = alone;
  }

  readonly left: Sink<K, Derived<L>> = {
    upsert: (key, value) => {
      const before = this.#leftItems.get(key);
      const reference = isFailure(value) ? value : attempt(key, () => this.#on(value, key));
      const item = { value, reference, shown: before?.shown ?? false };
      this.#leftItems.set(key, item);
      this.#refer(key, before?.reference, reference);
      this.#show(key, item);
    },
    delete: (key) => {
      const before = this.#leftItems.get(key);
      this.#leftItems.delete(key);
      this.#refer(key, before?.reference, undefined);
      if (before?.shown === true) this.#output.delete(key);
    },
  };

  readonly right: Sink<K2, Derived<R>> = {
    upsert: (key, value) => {
      this.#rightItems.set(key, value);
      this.#showReferrers(key);
    },
    delete: (key) => {
      this.#rightItems.delete(key);
      this.#showReferrers(key);
    },
    synced: () => {
      this.#rightSynced = true;
      if (this.#alone === undefined) return;
      for (const [key, item] of this.#leftItems.entries()) {
        if (this.#rightOf(item) === undefined) this.#show(key, item);
      }
    },
  };

  /** Notes that the left item `key` refers to `now`, and no longer to `before`. */
  #refer(key: K, before: Derived<K2 | undefined>, now: Derived<K2 | undefined>): void {
    if (before === now) return;
    if (before !== undefined && !isFailure(before)) this.#referrers.delete(before, key);
    if (now !== undefined && !isFailure(now)) this.#referrers.add(now, key);
  }

  #showReferrers(reference: K2): void {
    for (const key of this.#referrers.of(reference)) {
      const item = this.#leftItems.get(key);
      if (item !== undefined) this.#show(key, item);
    }
  }

  #show(key: K, item: LeftItem<L, K2>): void {
    const result = this.#result(key, item);
    const wasShown = item.shown;
    item.shown = result !== undefined;
    if (result !== undefined) this.#output.upsert(key, result.value);
    else if (wasShown) this.#output.delete(key);
  }

  /** What the left item comes to; undefined when it is not part of the result, or not yet. */
  #result(key: K, item: LeftItem<L, K2>): { readonly value: Derived<W> } | undefined {
    const { value: left, reference } = item;
    if (isFailure(left)) return { value: left };
    if (isFailure(reference)) return { value: reference };
    const right = this.#rightOf(item);
    if (right !== undefined) {
      const { value } = right;
      if (isFailure(value)) return { value };
      return { value: attempt(key, () => this.#combine(left, value, key)) };
    }
    const alone = this.#alone;
    if (alone === undefined || !(this.#rightSynced || reference === undefined)) return undefined;
    return { value: attempt(key, () => alone(left, key)) };
  }

  #rightOf({ reference }: LeftItem<L, K2>): { readonly value: Derived<R> } | undefined {
    if (reference === undefined || isFailure(reference)) return undefined;
    return this.#rightItems.find(reference);
  }
}

/** Which left keys refer to a right key; a single one, which is common, is stored without a set. */
class Referrers<K extends Key, K2 extends Key> {
  readonly #byReference = new HashTrie<K2, K | Set<K>>();

  of(reference: K2): Iterable<K> {
    const held = this.#byReference.get(reference);
    if (held === undefined) return [];
    return held instanceof Set ? held : [held];
  }

  add(reference: K2, key: K): void {
    const held = this.#byReference.get(reference);
    if (held instanceof Set) held.add(key);
    else this.#byReference.set(reference, held === undefined ? key : new Set([held, key]));
  }

  delete(reference: K2, key: K): void {
    const held = this.#byReference.get(reference);
    if (held instanceof Set && held.size > 1) held.delete(key);
    else this.#byReference.delete(reference);
  }
}
