import type { Content, ContentSnapshot } from "../content.ts";
import { HashTrie, type TrieSnapshot } from "../hash-trie.ts";
import type { Held, Key, Snapshot } from "../snapshot.ts";
import { doneStatus, type KeyStatus } from "./key-status.ts";

const done: Held<KeyStatus> = { value: doneStatus };

/**
 * The status of each key of a reconciler: `done` for what is desired, unless it says otherwise. A million keys
 * that are done cost nothing.
 */
export class StatusContent<K extends Key> implements Content<K, KeyStatus> {
  readonly #desired: HashTrie<K, unknown>;
  /** Of all keys that are not done. */
  readonly #exceptions = new HashTrie<K, KeyStatus>();
  /** How many exceptions are not desired. */
  #leaving = 0;

  constructor(desired: HashTrie<K, unknown>) {
    this.#desired = desired;
  }

  get size(): number {
    return this.#desired.size + this.#leaving;
  }

  find(key: K): Held<KeyStatus> | undefined {
    return findStatus(this.#desired, this.#exceptions, key);
  }

  set(key: K, status: KeyStatus): void {
    if (status === doneStatus) {
      this.delete(key);
      return;
    }
    this.#forgetLeaving(key);
    this.#exceptions.set(key, status);
    if (status.operation === "delete") this.#leaving++;
  }

  delete(key: K): void {
    this.#forgetLeaving(key);
    this.#exceptions.delete(key);
  }

  entries(): IteratorObject<readonly [K, KeyStatus]> {
    return this.snapshot().entries();
  }

  snapshot(): StatusSnapshot<K> {
    return new StatusSnapshot(this.#desired.snapshot(), this.#exceptions.snapshot(), this.#leaving);
  }

  restore({ exceptions, leaving }: StatusSnapshot<K>): void {
    this.#exceptions.restore(exceptions);
    this.#leaving = leaving;
  }

  #forgetLeaving(key: K): void {
    if (this.#leaving > 0 && this.#exceptions.get(key)?.operation === "delete") this.#leaving--;
  }
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
    return findStatus(this.#desired, this.exceptions, key);
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

function findStatus<K extends Key>(
  desired: Snapshot<K, unknown>,
  exceptions: ContentSnapshot<K, KeyStatus> | HashTrie<K, KeyStatus>,
  key: K,
): Held<KeyStatus> | undefined {
  return exceptions.find(key) ?? (desired.has(key) ? done : undefined);
}
