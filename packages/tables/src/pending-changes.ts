import type { Change } from "@heddle/contracts";
import { HashTrie } from "./hash-trie.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Held, Key } from "./snapshot.ts";

/**
 * What a consumer has not been told yet: at most one change per key, the last one, in the order in which the
 * keys changed first. `synced` comes after everything that came before it.
 */
export class PendingChanges<K extends Key, V> {
  /** With the value that the key has now, or undefined when it is gone. */
  readonly #beforeSynced = new WorkQueue<K, Held<V> | undefined>();
  readonly #afterSynced = new WorkQueue<K, Held<V> | undefined>();
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
      this.#lineUp(change.key, change);
    } else if (this.#told.has(change.key)) {
      this.#lineUp(change.key, undefined);
    } else {
      this.#beforeSynced.delete(change.key);
      this.#afterSynced.delete(change.key);
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

  #lineUp(key: K, held: Held<V> | undefined): void {
    const isEarly = this.#synced === "unknown" || this.#beforeSynced.has(key);
    (isEarly ? this.#beforeSynced : this.#afterSynced).add(key, held);
  }

  #next(): Change<K, V> | undefined {
    const early = this.#beforeSynced.take();
    if (early !== undefined) return this.#tell(early.key, early.work);
    if (this.#synced === "waiting") {
      this.#synced = "told";
      return { kind: "synced" };
    }
    const late = this.#afterSynced.take();
    return late === undefined ? undefined : this.#tell(late.key, late.work);
  }

  #tell(key: K, held: Held<V> | undefined): Change<K, V> {
    if (held === undefined) {
      this.#told.delete(key);
      return { kind: "delete", key };
    }
    this.#told.set(key, true);
    return { kind: "upsert", key, value: held.value };
  }
}
