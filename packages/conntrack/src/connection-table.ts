import { AgeQueue } from "./age-queue.ts";
import type { Entry, Rank, Scope } from "./connection.ts";
import { type Direction, formatTuple, type Tuple } from "./tuple.ts";

/** An entry, and which way a packet of the tuple that found it goes. */
export interface Found {
  readonly entry: Entry;
  readonly direction: Direction;
}

/** Why an entry left the table. */
export type Removal = "expired" | "evicted-closing" | "evicted-half-open" | "flushed" | "replaced";

/**
 * Entries by the tuples of both their directions. Those that may be evicted also stand in the order in which they
 * are, so that each step takes the same time however many there are, other than a sweep.
 */
export class ConnectionTable {
  readonly #capacity: number;
  readonly #removed: (entry: Entry, removal: Removal) => void;
  readonly #originals = new Map<string, Entry>();
  readonly #replies = new Map<string, Entry>();
  /** Those that may be evicted, by how readily. */
  readonly #queues = { closing: new AgeQueue<Entry>(), "half-open": new AgeQueue<Entry>() };
  /** No entry expires before, apart from closing ones: other packets only make lives longer. */
  #soonest = Number.POSITIVE_INFINITY;

  constructor(capacity: number, removed: (entry: Entry, removal: Removal) => void) {
    this.#capacity = capacity;
    this.#removed = removed;
  }

  get size(): number {
    return this.#originals.size;
  }

  entries(): Iterable<Entry> {
    return this.#originals.values();
  }

  /** The living entry that packets of the tuple belong to; a dead one is removed when it is met. */
  find(scope: Scope, tuple: Tuple, now: number): Found | undefined {
    const key = keyOf(scope, tuple);
    const original = this.#living(this.#originals.get(key), now);
    if (original !== undefined) return { entry: original, direction: "original" };
    const reply = this.#living(this.#replies.get(key), now);
    return reply && { entry: reply, direction: "reply" };
  }

  insert(entry: Entry): void {
    this.#soonest = Math.min(this.#soonest, entry.expires);
    this.#originals.set(keyOf(entry.scope, entry.original), entry);
    if (entry.scope === "connection") this.#replies.set(keyOf(entry.scope, entry.reply), entry);
    this.#enqueue(entry);
  }

  /** To be called after an entry's state has changed from one of that rank. */
  changed(entry: Entry, before: Rank): void {
    if (entry.rank === before) return;
    this.#dequeue(entry, before);
    this.#enqueue(entry);
  }

  /**
   * Makes a place for one entry: those that are closing go first, then those that are half-open, the oldest of each
   * first; then what is dead. Whether there is a place.
   */
  makeRoom(now: number): boolean {
    if (this.size < this.#capacity) return true;
    for (const rank of ["closing", "half-open"] as const) {
      const { oldest } = this.#queues[rank];
      if (oldest === undefined) continue;
      this.remove(oldest, oldest.expires <= now ? "expired" : `evicted-${rank}`);
      return true;
    }
    if (this.#soonest <= now) this.sweep(now);
    return this.size < this.#capacity;
  }

  /** Removes all that is dead. How many there were. */
  sweep(now: number): number {
    const before = this.size;
    this.#soonest = Number.POSITIVE_INFINITY;
    for (const entry of this.#originals.values()) {
      if (entry.expires <= now) this.remove(entry, "expired");
      else this.#soonest = Math.min(this.#soonest, entry.expires);
    }
    return before - this.size;
  }

  remove(entry: Entry, removal: Removal): void {
    this.#originals.delete(keyOf(entry.scope, entry.original));
    if (entry.scope === "connection") this.#replies.delete(keyOf(entry.scope, entry.reply));
    this.#dequeue(entry, entry.rank);
    this.#removed(entry, removal);
  }

  #living(entry: Entry | undefined, now: number): Entry | undefined {
    if (entry === undefined || entry.expires > now) return entry;
    this.remove(entry, "expired");
    return undefined;
  }

  #enqueue(entry: Entry): void {
    const { rank } = entry;
    if (rank !== "kept") this.#queues[rank].add(entry);
  }

  #dequeue(entry: Entry, rank: Rank): void {
    if (rank !== "kept") this.#queues[rank].delete(entry);
  }
}

function keyOf(scope: Scope, tuple: Tuple): string {
  return scope === "service" ? `service ${formatTuple(tuple)}` : formatTuple(tuple);
}
