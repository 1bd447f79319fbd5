import { HashTrie } from "./hash-trie.ts";
import type { Key } from "./snapshot.ts";

/** A key in the line, between its neighbours. */
interface Place<K> {
  readonly key: K | undefined;
  before: Place<K>;
  after: Place<K>;
}

/**
 * Keys that wait for their turn, each once, first come first served.
 *
 * A linked list and a trie, and not a `Set`, which pauses for up to 100 ms whenever it outgrows its memory.
 */
export class WorkQueue<K extends Key> {
  /** Before the first and after the last. */
  readonly #ends: Place<K> = createEnds();
  readonly #places = new HashTrie<K, Place<K>>();

  get size(): number {
    return this.#places.size;
  }

  has(key: K): boolean {
    return this.#places.has(key);
  }

  add(key: K): void {
    if (this.#places.has(key)) return;
    const place = { key, before: this.#ends.before, after: this.#ends };
    place.before.after = place;
    this.#ends.before = place;
    this.#places.set(key, place);
  }

  delete(key: K): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    place.before.after = place.after;
    place.after.before = place.before;
    this.#places.delete(key);
  }

  take(): K | undefined {
    const { key } = this.#ends.after;
    if (key !== undefined) this.delete(key);
    return key;
  }
}

function createEnds<K>(): Place<K> {
  class Ends implements Place<K> {
    readonly key = undefined;
    before: Place<K> = this;
    after: Place<K> = this;
  }
  return new Ends();
}
