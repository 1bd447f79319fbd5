import { hashKey } from "./hash-trie.ts";
import { type Item, ItemMap } from "./item-map.ts";
import type { Key } from "./snapshot.ts";

/** A key in the line, with its neighbours; the ends have none on one side. */
class Place<K extends Key> implements Item<K, Place<K>> {
  readonly key: K;
  readonly hash: number;
  chained: Place<K> | undefined = undefined;
  before: Place<K> | undefined;
  after: Place<K> | undefined = undefined;

  constructor(key: K, before: Place<K> | undefined) {
    this.key = key;
    this.hash = hashKey(key);
    this.before = before;
  }
}

/**
 * Keys that wait for their turn, each once, first come first served.
 *
 * Not a `Set`, which pauses for up to 100 ms whenever it outgrows its memory.
 */
export class WorkQueue<K extends Key> {
  readonly #places = new ItemMap<K, Place<K>>();
  #first: Place<K> | undefined;
  #last: Place<K> | undefined;

  get size(): number {
    return this.#places.size;
  }

  has(key: K): boolean {
    return this.#places.get(key) !== undefined;
  }

  add(key: K): void {
    if (this.has(key)) return;
    const place = new Place(key, this.#last);
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#places.add(place);
  }

  delete(key: K): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#remove(place);
  }

  take(): K | undefined {
    const place = this.#first;
    if (place !== undefined) this.#remove(place);
    return place?.key;
  }

  #remove(place: Place<K>): void {
    const { before, after } = place;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    this.#places.delete(place);
  }
}
