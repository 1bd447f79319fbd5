import { hashKey } from "./hash-trie.ts";
import type { Key } from "./snapshot.ts";

/** What an {@link ItemMap} holds. Its links are part of it, since there may be a million of them. */
export interface Item<K extends Key, T> {
  readonly key: K;
  /** {@link hashKey} of the key. */
  readonly hash: number;
  /** The next item of the same bucket. Of the map alone. */
  chained: T | undefined;
}

/** Buckets of one piece of memory, which is small enough to be had without a pause. */
const segmentBits = 10;
const segmentMask = (1 << segmentBits) - 1;

const firstBuckets = 8;

/**
 * Items by key, for those who need no snapshots: half the memory of a {@link HashTrie}, and fewer steps.
 *
 * It grows by one bucket at a time (linear hashing, Litwin 1980), and so never pauses to make room, as a `Map`
 * does. It does not shrink.
 */
export class ItemMap<K extends Key, T extends Item<K, T>> {
  readonly #segments: (T | undefined)[][] = [Array.from({ length: firstBuckets })];
  /** Buckets when the current doubling began; a power of two. */
  #base = firstBuckets;
  /** How many of them have been split in two since. */
  #split = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): T | undefined {
    const hash = hashKey(key);
    let item = this.#first(this.#bucketOf(hash));
    while (item !== undefined && !(item.hash === hash && item.key === key)) item = item.chained;
    return item;
  }

  /** Adds an item whose key is not there yet. */
  add(item: T): void {
    this.#chain(this.#bucketOf(item.hash), item);
    this.#size++;
    if (this.#size > this.#base + this.#split) this.#grow();
  }

  /** Takes out an item that is there. */
  delete(item: T): void {
    const bucket = this.#bucketOf(item.hash);
    let before: T | undefined;
    let found = this.#first(bucket);
    while (found !== undefined && found !== item) {
      before = found;
      found = found.chained;
    }
    if (found === undefined) return;
    if (before === undefined) this.#setFirst(bucket, item.chained);
    else before.chained = item.chained;
    item.chained = undefined;
    this.#size--;
  }

  *values(): Generator<T, undefined> {
    for (const segment of this.#segments) {
      for (const first of segment) {
        for (let item = first; item !== undefined; item = item.chained) yield item;
      }
    }
    return undefined;
  }

  #bucketOf(hash: number): number {
    const bucket = hash & (this.#base - 1);
    return bucket < this.#split ? hash & (2 * this.#base - 1) : bucket;
  }

  #first(bucket: number): T | undefined {
    return this.#segments[bucket >>> segmentBits]?.[bucket & segmentMask];
  }

  #setFirst(bucket: number, item: T | undefined): void {
    let segment = this.#segments[bucket >>> segmentBits];
    if (segment === undefined) {
      segment = [];
      this.#segments.push(segment);
    }
    segment[bucket & segmentMask] = item;
  }

  #chain(bucket: number, item: T): void {
    item.chained = this.#first(bucket);
    this.#setFirst(bucket, item);
  }

  /** Splits one bucket: half of its items go to a new one at the end. */
  #grow(): void {
    const [from, to] = [this.#split, this.#base + this.#split];
    let item = this.#first(from);
    this.#setFirst(from, undefined);
    this.#setFirst(to, undefined);
    while (item !== undefined) {
      const next = item.chained;
      this.#chain((item.hash & this.#base) === 0 ? from : to, item);
      item = next;
    }
    this.#split++;
    if (this.#split < this.#base) return;
    this.#base *= 2;
    this.#split = 0;
  }
}
