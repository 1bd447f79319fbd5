import { hashKey } from "./hash-trie.ts";
import { type Item, ItemMap } from "./item-map.ts";
import type { Key } from "./snapshot.ts";

/** A key in the line, with its neighbours; the ends have none on one side. */
class Place<K extends Key, W> implements Item<K, Place<K, W>> {
  readonly key: K;
  readonly hash: number;
  chained: Place<K, W> | undefined = undefined;
  work: W;
  before: Place<K, W> | undefined;
  after: Place<K, W> | undefined = undefined;

  constructor(key: K, work: W, before: Place<K, W> | undefined) {
    this.key = key;
    this.hash = hashKey(key);
    this.work = work;
    this.before = before;
  }
}

/**
 * Keys that wait for their turn, each once, first come first served; with what is to be done for each.
 *
 * Not a `Set`, which pauses for up to 100 ms whenever it outgrows its memory.
 */
export class WorkQueue<K extends Key, W> {
  readonly #places = new ItemMap<K, Place<K, W>>();
  #first: Place<K, W> | undefined;
  #last: Place<K, W> | undefined;

  get size(): number {
    return this.#places.size;
  }

  has(key: K): boolean {
    return this.#places.get(key) !== undefined;
  }

  /** The key whose turn is next, with its work. */
  get first(): { readonly key: K; readonly work: W } | undefined {
    return this.#first;
  }

  get(key: K): W | undefined {
    return this.#places.get(key)?.work;
  }

  /** The work of all keys, in no particular order. */
  works(): IteratorObject<W> {
    return this.#places.values().map(({ work }) => work);
  }

  /** A key that waits already keeps its place. */
  add(key: K, work: W): void {
    const known = this.#places.get(key);
    if (known !== undefined) {
      known.work = work;
      return;
    }
    const place = new Place(key, work, this.#last);
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#places.add(place);
  }

  delete(key: K): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#remove(place);
  }

  take(): { readonly key: K; readonly work: W } | undefined {
    const place = this.#first;
    if (place !== undefined) this.#remove(place);
    return place;
  }

  #remove(place: Place<K, W>): void {
    const { before, after } = place;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    this.#places.delete(place);
  }
}
