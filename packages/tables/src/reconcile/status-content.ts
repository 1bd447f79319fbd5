import type { Content, ContentSnapshot } from "../content.ts";
import { HashTrie, hashKey, type TrieSnapshot } from "../hash-trie.ts";
import { type Item, ItemMap } from "../item-map.ts";
import type { Held, Key } from "../snapshot.ts";
import { doneStatus, type KeyStatus } from "./key-status.ts";

const done: Held<KeyStatus> = { value: doneStatus };

/** The status of a key that is not done. */
class Exception<K extends Key> implements Item<K, Exception<K>> {
  readonly key: K;
  readonly hash: number;
  chained: Exception<K> | undefined = undefined;
  value: KeyStatus;

  constructor(key: K, value: KeyStatus) {
    this.key = key;
    this.hash = hashKey(key);
    this.value = value;
  }
}

/**
 * The status of each key of a reconciler: `done` for what is desired, unless it says otherwise. A million keys
 * that are done cost nothing.
 *
 * Exceptions come and go with every operation. They are kept for snapshots, too, from the first one on: many a
 * reconciler has nobody who looks at its keys.
 */
export class StatusContent<K extends Key> implements Content<K, KeyStatus> {
  readonly #desired: HashTrie<K, unknown>;
  readonly #exceptions = new ItemMap<K, Exception<K>>();
  #forSnapshots: HashTrie<K, KeyStatus> | undefined;
  /** How many exceptions are not desired. */
  #leaving = 0;

  constructor(desired: HashTrie<K, unknown>) {
    this.#desired = desired;
  }

  get size(): number {
    return this.#desired.size + this.#leaving;
  }

  find(key: K): Held<KeyStatus> | undefined {
    const held = this.#exceptions.get(key);
    if (held !== undefined) return { value: held.value };
    return this.#desired.has(key) ? done : undefined;
  }

  set(key: K, status: KeyStatus): void {
    if (status === doneStatus) {
      this.delete(key);
      return;
    }
    const held = this.#exceptions.get(key);
    this.#leaving += isLeaving(status) - isLeaving(held?.value);
    if (held === undefined) this.#exceptions.add(new Exception(key, status));
    else held.value = status;
    this.#forSnapshots?.set(key, status);
  }

  delete(key: K): void {
    const held = this.#exceptions.get(key);
    if (held === undefined) return;
    this.#leaving -= isLeaving(held.value);
    this.#exceptions.delete(held);
    this.#forSnapshots?.delete(key);
  }

  entries(): IteratorObject<readonly [K, KeyStatus]> {
    return this.snapshot().entries();
  }

  snapshot(): StatusSnapshot<K> {
    if (this.#forSnapshots === undefined) {
      this.#forSnapshots = new HashTrie();
      for (const { key, value } of this.#exceptions.values()) this.#forSnapshots.set(key, value);
    }
    const exceptions = this.#forSnapshots.snapshot();
    return new StatusSnapshot(this.#desired.snapshot(), exceptions, this.#leaving);
  }

  restore({ exceptions }: StatusSnapshot<K>): void {
    const held = Array.from(this.#exceptions.values(), ({ key }) => key);
    for (const key of held) this.delete(key);
    for (const [key, status] of exceptions.entries()) this.set(key, status);
  }
}

function isLeaving(status: KeyStatus | undefined): number {
  return status?.operation === "delete" ? 1 : 0;
}

class StatusSnapshot<K extends Key> implements ContentSnapshot<K, KeyStatus> {
  readonly exceptions: TrieSnapshot<K, KeyStatus>;
  readonly leaving: number;
  readonly #desired: TrieSnapshot<K, unknown>;

  constructor(
    desired: TrieSnapshot<K, unknown>,
    exceptions: TrieSnapshot<K, KeyStatus>,
    leaving: number,
  ) {
    this.#desired = desired;
    this.exceptions = exceptions;
    this.leaving = leaving;
  }

  get size(): number {
    return this.#desired.size + this.leaving;
  }

  find(key: K): Held<KeyStatus> | undefined {
    return this.exceptions.find(key) ?? (this.#desired.has(key) ? done : undefined);
  }

  get(key: K): KeyStatus | undefined {
    return this.find(key)?.value;
  }

  has(key: K): boolean {
    return this.find(key) !== undefined;
  }

  *entries(): Generator<readonly [K, KeyStatus], undefined> {
    for (const [key] of this.#desired.entries()) {
      yield [key, this.exceptions.get(key) ?? doneStatus];
    }
    for (const entry of this.exceptions.entries()) {
      if (entry[1].operation === "delete") yield entry;
    }
    return undefined;
  }
}
