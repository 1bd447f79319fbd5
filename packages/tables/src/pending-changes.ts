import type { Change } from "@heddle/contracts";
import { HashTrie } from "./hash-trie.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Key } from "./snapshot.ts";

/**
 * What a consumer has not been told yet: at most one change per key, the last one, in the order in which the
 * keys changed first. `synced` comes after everything that came before it.
 */
export class PendingChanges<K extends Key, V> {
  readonly #beforeSynced = new WorkQueue<K>();
  readonly #afterSynced = new WorkQueue<K>();
  /** The values of the keys that wait; one that waits and is not here is gone. */
  readonly #values = new HashTrie<K, V>();
  /** What the consumer holds: a key that he never heard of is not deleted. */
  readonly #told = new HashTrie<K, true>();
  #synced: "unknown" | "waiting" | "told" = "unknown";

  /** How many changes wait. */
  get size(): number {
    const keys = this.#beforeSynced.size + this.#afterSynced.size;
    return this.#synced === "waiting" ? keys + 1 : keys;
  }

  add(change: Change<K, V>): void {
    if (change.kind === "synced") {
      if (this.#synced === "unknown") this.#synced = "waiting";
    } else if (change.kind === "upsert") {
      this.#values.set(change.key, change.value);
      this.#lineUp(change.key);
    } else {
      this.#values.delete(change.key);
      if (this.#told.has(change.key)) this.#lineUp(change.key);
      else this.#leave(change.key);
    }
  }

  /** Hands out the oldest changes, at most `limit`, as told. */
  take(limit: number): readonly Change<K, V>[] {
    const changes: Change<K, V>[] = [];
    while (changes.length < limit) {
      const change = this.#next();
      if (change === undefined) break;
      changes.push(change);
    }
    return changes;
  }

  #lineUp(key: K): void {
    if (this.#synced === "unknown") this.#beforeSynced.add(key);
    else if (!this.#beforeSynced.has(key)) this.#afterSynced.add(key);
  }

  #leave(key: K): void {
    this.#beforeSynced.delete(key);
    this.#afterSynced.delete(key);
  }

  #next(): Change<K, V> | undefined {
    const early = this.#beforeSynced.take();
    if (early !== undefined) return this.#tell(early);
    if (this.#synced === "waiting") {
      this.#synced = "told";
      return { kind: "synced" };
    }
    const late = this.#afterSynced.take();
    return late === undefined ? undefined : this.#tell(late);
  }

  #tell(key: K): Change<K, V> {
    const entry = this.#values.find(key);
    if (entry === undefined) {
      this.#told.delete(key);
      return { kind: "delete", key };
    }
    this.#values.delete(key);
    this.#told.set(key, true);
    return { kind: "upsert", key, value: entry.value };
  }
}
