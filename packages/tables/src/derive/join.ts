import type { ChangeStream } from "@heddle/contracts";
import { type Derived, derivationFailed, type Failure, isFailure } from "../failure.ts";
import { HashTrie, hashKey } from "../hash-trie.ts";
import { type Item, ItemMap } from "../item-map.ts";
import type { Held, Key } from "../snapshot.ts";

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

/** An item of the right side, or one that left items only refer to. */
class RightItem<K extends Key, L, K2 extends Key, R> {
  readonly key: K2;
  held: Held<Derived<R>> | undefined = undefined;
  /** The left items that refer to it, as a list through them. */
  firstReferrer: LeftItem<K, L, K2, R> | undefined = undefined;

  constructor(key: K2) {
    this.key = key;
  }
}

/** A left item, or one that is gone but still shown. There may be a million of them: each field counts. */
class LeftItem<K extends Key, L, K2 extends Key, R> implements Item<K, LeftItem<K, L, K2, R>> {
  readonly key: K;
  readonly hash: number;
  chained: LeftItem<K, L, K2, R> | undefined = undefined;
  value: Derived<L>;
  reference: RightItem<K, L, K2, R> | Failure | undefined = undefined;
  /** Its neighbours among those that refer to the same right item. */
  previous: LeftItem<K, L, K2, R> | undefined = undefined;
  next: LeftItem<K, L, K2, R> | undefined = undefined;
  flags = 0;

  constructor(key: K, value: Derived<L>) {
    this.key = key;
    this.hash = hashKey(key);
    this.value = value;
  }

  get unsettled(): boolean {
    return (this.flags & unsettledFlag) !== 0;
  }

  set unsettled(on: boolean) {
    this.flags = withFlag(this.flags, unsettledFlag, on);
  }

  get gone(): boolean {
    return (this.flags & goneFlag) !== 0;
  }

  set gone(on: boolean) {
    this.flags = withFlag(this.flags, goneFlag, on);
  }

  /** Whether the result has the key. */
  get shown(): boolean {
    return (this.flags & shownFlag) !== 0;
  }

  set shown(on: boolean) {
    this.flags = withFlag(this.flags, shownFlag, on);
  }
}

function withFlag(flags: number, flag: number, on: boolean): number {
  return on ? flags | flag : flags & ~flag;
}

const unsettledFlag = 1;
const goneFlag = 2;
const shownFlag = 4;

class Join<K extends Key, L, K2 extends Key, R, W> {
  readonly #output: Output<K, Derived<W>>;
  readonly #on: On<K, L, K2>;
  readonly #combine: (left: L, right: R, key: K) => Derived<W>;
  /** What becomes of a left item without a right one; undefined in an inner join. */
  readonly #alone: ((left: L, key: K) => Derived<W>) | undefined;
  readonly #leftItems = new ItemMap<K, LeftItem<K, L, K2, R>>();
  readonly #rightItems = new HashTrie<K2, RightItem<K, L, K2, R>>();
  readonly #unsettled = new Unsettled<LeftItem<K, L, K2, R>>();
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
        this.#leftItems.add(item);
      }
      item.gone = false;
      item.value = value;
      this.#refer(item, this.#referenceOf(value, key));
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
      const item = this.#rightItem(key);
      item.held = { value };
      this.#unsettle(item);
    },
    delete: (key) => {
      const item = this.#rightItems.get(key);
      if (item === undefined) return;
      item.held = undefined;
      this.#unsettle(item);
      this.#dropUnused(item);
    },
    synced: () => {
      this.#rightSynced = true;
      if (this.#alone === undefined) return;
      for (const item of this.#leftItems.values()) if (!item.shown) this.#unsettled.add(item);
    },
  };

  settle(): void {
    this.#unsettled.settle((item) => this.#show(item));
  }

  #rightItem(key: K2): RightItem<K, L, K2, R> {
    const known = this.#rightItems.get(key);
    if (known !== undefined) return known;
    const item = new RightItem<K, L, K2, R>(key);
    this.#rightItems.set(key, item);
    return item;
  }

  #unsettle(right: RightItem<K, L, K2, R>): void {
    for (let item = right.firstReferrer; item !== undefined; item = item.next) {
      this.#unsettled.add(item);
    }
  }

  #dropUnused(right: RightItem<K, L, K2, R>): void {
    if (right.held !== undefined || right.firstReferrer !== undefined) return;
    this.#rightItems.delete(right.key);
  }

  #referenceOf(left: Derived<L>, key: K): Derived<K2 | undefined> {
    if (isFailure(left)) return left;
    try {
      return this.#on(left, key);
    } catch (thrown) {
      return derivationFailed(key, thrown);
    }
  }

  /** Notes what the item refers to now. */
  #refer(item: LeftItem<K, L, K2, R>, reference: Derived<K2 | undefined>): void {
    const before = item.reference;
    if (before instanceof RightItem) {
      if (before.key === reference) return;
      if (item.previous === undefined) before.firstReferrer = item.next;
      else item.previous.next = item.next;
      if (item.next !== undefined) item.next.previous = item.previous;
      item.previous = undefined;
      item.next = undefined;
      this.#dropUnused(before);
    }
    if (reference === undefined || isFailure(reference)) {
      item.reference = reference;
      return;
    }
    const right = this.#rightItem(reference);
    item.reference = right;
    item.next = right.firstReferrer;
    if (item.next !== undefined) item.next.previous = item;
    right.firstReferrer = item;
  }

  #show(item: LeftItem<K, L, K2, R>): void {
    const { key, shown, gone } = item;
    const result = gone ? undefined : this.#result(item);
    item.shown = result !== undefined;
    if (gone) this.#leftItems.delete(item);
    if (result !== undefined) this.#output.upsert(key, result.value);
    else if (shown) this.#output.delete(key);
  }

  /** What the item comes to; undefined when it is not part of the result, or not yet. */
  #result(item: LeftItem<K, L, K2, R>): Held<Derived<W>> | undefined {
    const { key, value: left, reference } = item;
    if (isFailure(left)) return { value: left };
    if (isFailure(reference)) return { value: reference };
    const right = reference?.held;
    try {
      if (right !== undefined) {
        const { value } = right;
        return { value: isFailure(value) ? value : this.#combine(left, value, key) };
      }
      if (this.#alone === undefined) return undefined;
      if (reference !== undefined && !this.#rightSynced) return undefined;
      return { value: this.#alone(left, key) };
    } catch (thrown) {
      return { value: derivationFailed(key, thrown) };
    }
  }
}
