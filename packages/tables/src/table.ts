import type { Change, ChangeStream } from "@heddle/contracts";
import { Observable, type Subscriber } from "rxjs";
import { HashTrie, type TrieSnapshot } from "./hash-trie.ts";
import { hold, publish } from "./publication.ts";
import type { Key, Snapshot } from "./snapshot.ts";
import { joinTransaction, type Participant } from "./transaction.ts";

/** A keyed collection that tells what changes in it; the side of those who read. */
export interface Table<K extends Key, V> {
  readonly name: string;
  readonly size: number;
  /** Whether the writer has said that everything that exists is in the table. Never turns back. */
  readonly synced: boolean;
  get(key: K): V | undefined;
  has(key: K): boolean;
  /** What is there now; writing meanwhile is safe and does not show. */
  entries(): IteratorObject<readonly [K, V]>;
  /** What is there now, for good. */
  snapshot(): Snapshot<K, V>;
  /**
   * To each subscriber at once an upsert per present key and `synced` if it is; then what changes.
   * All subscribers see all changes in the order of the writes, also when one of them writes.
   */
  readonly changes$: ChangeStream<K, V>;
}

/** A table with the side of its one writer. */
export interface MutableTable<K extends Key, V> extends Table<K, V> {
  /** Sets the value of a key. Whether that changed anything, as `equals` sees it. */
  upsert(key: K, value: V): boolean;
  /** Whether the key was there. */
  delete(key: K): boolean;
  /** Says that everything that exists is in the table. Only the first call counts. */
  markSynced(): void;
}

export interface TableOptions<V> {
  /** What the table holds, in the plural: `endpoints`. Shown in status and errors. */
  readonly name: string;
  /**
   * Whether two values are the same to readers; an upsert of the same value is not published.
   * `isDeepStrictEqual` of `node:util` fits values that are made anew each time.
   *
   * @defaultValue `Object.is`
   */
  readonly equals?: (held: V, given: V) => boolean;
}

/** An empty table. Values must not be changed after they were handed in. */
export function createTable<K extends Key, V>(options: TableOptions<V>): MutableTable<K, V> {
  return new ReactiveTable<K, V>(options);
}

interface Reader<K, V> {
  readonly subscriber: Subscriber<Change<K, V>>;
  /** The revision that the reader was brought up to by replay; it is told only what came later. */
  readonly since: number;
}

/** What a transaction did to a table so far. */
interface Draft<K extends Key, V> {
  readonly base: TrieSnapshot<K, V>;
  readonly touched: Set<K>;
  synced: boolean;
}

class ReactiveTable<K extends Key, V> implements MutableTable<K, V>, Participant {
  readonly name: string;
  readonly changes$: ChangeStream<K, V>;
  readonly #equals: (held: V, given: V) => boolean;
  readonly #readers = new Set<Reader<K, V>>();
  readonly #content = new HashTrie<K, V>();
  #draft: Draft<K, V> | undefined;
  #synced = false;
  #revision = 0;

  constructor(options: TableOptions<V>) {
    this.name = options.name;
    this.#equals = options.equals ?? Object.is;
    this.changes$ = new Observable((subscriber) => hold(() => this.#replay(subscriber)));
  }

  get size(): number {
    return this.#content.size;
  }

  get synced(): boolean {
    return this.#synced || this.#draft?.synced === true;
  }

  get(key: K): V | undefined {
    return this.#content.get(key);
  }

  has(key: K): boolean {
    return this.#content.has(key);
  }

  entries(): IteratorObject<readonly [K, V]> {
    return this.#content.entries();
  }

  snapshot(): Snapshot<K, V> {
    return this.#content.snapshot();
  }

  upsert(key: K, value: V): boolean {
    const held = this.#content.find(key);
    if (held !== undefined && this.#equals(held.value, value)) return false;
    const draft = this.#openDraft();
    this.#content.set(key, value);
    if (draft === undefined) this.#publish({ kind: "upsert", key, value });
    else draft.touched.add(key);
    return true;
  }

  delete(key: K): boolean {
    if (!this.#content.has(key)) return false;
    const draft = this.#openDraft();
    this.#content.delete(key);
    if (draft === undefined) this.#publish({ kind: "delete", key });
    else draft.touched.add(key);
    return true;
  }

  markSynced(): void {
    if (this.synced) return;
    const draft = this.#openDraft();
    if (draft === undefined) this.#publishSynced();
    else draft.synced = true;
  }

  commit(): void {
    const draft = this.#draft;
    if (draft === undefined) return;
    this.#draft = undefined;
    for (const key of draft.touched) this.#publishDifference(key, draft.base);
    if (draft.synced) this.#publishSynced();
  }

  rollback(): void {
    if (this.#draft === undefined) return;
    this.#content.restore(this.#draft.base);
    this.#draft = undefined;
  }

  /** What the open transaction does to this table; undefined when there is no transaction. */
  #openDraft(): Draft<K, V> | undefined {
    if (!joinTransaction(this)) return undefined;
    this.#draft ??= { base: this.#content.snapshot(), touched: new Set(), synced: false };
    return this.#draft;
  }

  /** Tells readers who know `base` what `key` is now. */
  #publishDifference(key: K, base: TrieSnapshot<K, V>): void {
    const before = base.find(key);
    const now = this.#content.find(key);
    if (now === undefined) {
      if (before !== undefined) this.#publish({ kind: "delete", key });
    } else if (before === undefined || !this.#equals(before.value, now.value)) {
      this.#publish({ kind: "upsert", key, value: now.value });
    }
  }

  #publishSynced(): void {
    this.#synced = true;
    this.#publish({ kind: "synced" });
  }

  #publish(change: Change<K, V>): void {
    const revision = ++this.#revision;
    if (this.#readers.size === 0) return;
    publish(() => {
      for (const reader of this.#readers) {
        if (reader.since < revision) reader.subscriber.next(change);
      }
    });
  }

  /** What a transaction has not committed is not replayed: it may yet be rolled back. */
  #replay(subscriber: Subscriber<Change<K, V>>): void {
    const reader: Reader<K, V> = { subscriber, since: this.#revision };
    this.#readers.add(reader);
    subscriber.add(() => this.#readers.delete(reader));
    const synced = this.#synced;
    const content = this.#draft?.base ?? this.#content.snapshot();
    for (const [key, value] of content.entries()) {
      if (subscriber.closed) return;
      subscriber.next({ kind: "upsert", key, value });
    }
    if (synced) subscriber.next({ kind: "synced" });
  }
}
