import type { ChangeStream } from "@heddle/contracts";
import { attempt, type Derived, isFailure } from "../failure.ts";
import { HashTrie } from "../hash-trie.ts";
import type { Key } from "../snapshot.ts";
import { derive, input, type Output, type Sink, Unsettled } from "./derivation.ts";

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
    const inputs = [input(left$, state.left), input(right$, state.right)];
    return { inputs, settle: () => state.settle() };
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
    const inputs = [input(left$, state.left), input(right$, state.right)];
    return { inputs, settle: () => state.settle() };
  });
}

/** A left item, or one that is gone but still shown. */
class LeftItem<K extends Key, L, K2 extends Key> {
  readonly key: K;
  value: Derived<L>;
  reference: Derived<K2 | undefined> = undefined;
  gone = false;
  /** Whether the result has the key. */
  shown = false;
  unsettled = false;

  constructor(key: K, value: Derived<L>) {
    this.key = key;
    this.value = value;
  }
}

class Join<K extends Key, L, K2 extends Key, R, W> {
  readonly #output: Output<K, Derived<W>>;
  readonly #on: On<K, L, K2>;
  readonly #combine: (left: L, right: R, key: K) => Derived<W>;
  /** What becomes of a left item without a right one; undefined in an inner join. */
  readonly #alone: ((left: L, key: K) => Derived<W>) | undefined;
  readonly #leftItems = new HashTrie<K, LeftItem<K, L, K2>>();
  readonly #rightItems = new HashTrie<K2, Derived<R>>();
  readonly #referrers = new Referrers<LeftItem<K, L, K2>, K2>();
  readonly #unsettled = new Unsettled<LeftItem<K, L, K2>>();
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
      let item = this.#leftItems.get(key);
      if (item === undefined) {
        item = new LeftItem(key, value);
        this.#leftItems.set(key, item);
      }
      item.gone = false;
      item.value = value;
      this.#refer(item, isFailure(value) ? value : attempt(key, () => this.#on(value, key)));
      this.#unsettled.add(item);
    },
    delete: (key) => {
      const item = this.#leftItems.get(key);
      if (item === undefined) return;
      item.gone = true;
      this.#refer(item, undefined);
      this.#unsettled.add(item);
    },
  };

  readonly right: Sink<K2, Derived<R>> = {
    upsert: (key, value) => {
      this.#rightItems.set(key, value);
      this.#referrers.visit(key, (item) => this.#unsettled.add(item));
    },
    delete: (key) => {
      this.#rightItems.delete(key);
      this.#referrers.visit(key, (item) => this.#unsettled.add(item));
    },
    synced: () => {
      this.#rightSynced = true;
      if (this.#alone === undefined) return;
      for (const [, item] of this.#leftItems.entries()) if (!item.shown) this.#unsettled.add(item);
    },
  };

  settle(): void {
    this.#unsettled.settle((item) => this.#show(item));
  }

  /** Notes what the item refers to now. */
  #refer(item: LeftItem<K, L, K2>, now: Derived<K2 | undefined>): void {
    const before = item.reference;
    if (before === now) return;
    item.reference = now;
    if (before !== undefined && !isFailure(before)) this.#referrers.delete(before, item);
    if (now !== undefined && !isFailure(now)) this.#referrers.add(now, item);
  }

  #show(item: LeftItem<K, L, K2>): void {
    const { key, shown } = item;
    const result = this.#result(item);
    item.shown = result !== undefined;
    if (item.gone) this.#leftItems.delete(key);
    if (result !== undefined) this.#output.upsert(key, result.value);
    else if (shown) this.#output.delete(key);
  }

  /** What the item comes to; undefined when it is not part of the result, or not yet. */
  #result(item: LeftItem<K, L, K2>): { readonly value: Derived<W> } | undefined {
    const { key, value: left, reference } = item;
    if (item.gone) return undefined;
    if (isFailure(left)) return { value: left };
    if (isFailure(reference)) return { value: reference };
    const right = reference === undefined ? undefined : this.#rightItems.find(reference);
    if (right !== undefined) {
      const { value } = right;
      if (isFailure(value)) return { value };
      return { value: attempt(key, () => this.#combine(left, value, key)) };
    }
    const alone = this.#alone;
    if (alone === undefined || !(this.#rightSynced || reference === undefined)) return undefined;
    return { value: attempt(key, () => alone(left, key)) };
  }
}

/** Which left items refer to a right key; a single one, which is common, is stored without a set. */
class Referrers<T extends object, K2 extends Key> {
  readonly #byReference = new HashTrie<K2, T | Set<T>>();

  visit(reference: K2, look: (item: T) => void): void {
    const held = this.#byReference.get(reference);
    if (held instanceof Set) for (const item of held) look(item);
    else if (held !== undefined) look(held);
  }

  add(reference: K2, item: T): void {
    const held = this.#byReference.get(reference);
    if (held instanceof Set) held.add(item);
    else this.#byReference.set(reference, held === undefined ? item : new Set([held, item]));
  }

  delete(reference: K2, item: T): void {
    const held = this.#byReference.get(reference);
    if (held instanceof Set && held.size > 1) held.delete(item);
    else this.#byReference.delete(reference);
  }
}
