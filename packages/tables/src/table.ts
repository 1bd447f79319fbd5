import type { Change, ChangeStream } from "@heddle/contracts";
import { Observable, type Subscriber } from "rxjs";
import { GradualReplay } from "./gradual-replay.ts";
import type { Content, ContentSnapshot } from "./content.ts";
import { HashTrie } from "./hash-trie.ts";
import { hold, publish } from "./publication.ts";
import type { Held, Key, Snapshot } from "./snapshot.ts";
import { joinTransaction, type Participant, refuseInTransaction } from "./transaction.ts";

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
  /**
   * The same, but a large table replays in parts: about a millisecond per turn of the event loop, so that whoever
   * starts to listen to a million keys stalls nothing. What changes meanwhile is told at once, `synced`
   * at the end. A small table replays as in `changes$`.
   */
  readonly gradualChanges$: ChangeStream<K, V>;
  /**
   * Tells the listener what is there, and from then on of each write as it is made: before `upsert` or
   * `delete` returns, and inside transactions. For indexes; everybody else wants `changes$`. What the
   * listener learns belongs into tables, which a transaction that fails puts back, too.
   *
   * @throws {TableError} `transaction-open`: what it writes at the beginning could not be put back
   */
  onWrite(listener: WriteListener<K, V>): Disposable;
}

/** Who has to know of every write at once. Must not throw, nor write to the table. */
export interface WriteListener<K extends Key, V> {
  /** The key was `before`, and is `now`; undefined where it is not there. */
  written(key: K, before: Held<V> | undefined, now: Held<V> | undefined): void;
  /** The writer has said that everything that exists is in the table. */
  synced(): void;
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
   * Whether two values are the same to readers; an upsert of the same value is not published. Values for which
   * it throws are different. `isDeepStrictEqual` of `node:util` fits values that are made anew each time.
   *
   * @defaultValue `Object.is`
   */
  readonly equals?: (held: V, given: V) => boolean;
}

/** An empty table. Values must not be changed after they were handed in. */
export function createTable<K extends Key, V>(options: TableOptions<V>): MutableTable<K, V> {
  return new ReactiveTable<K, V>(new HashTrie(), options);
}

/** A table of what `content` holds; the table alone changes it. */
export function createTableOf<K extends Key, V>(
  content: Content<K, V>,
  options: TableOptions<V>,
): MutableTable<K, V> {
  return new ReactiveTable(content, options);
}

/** A mistake in the comparison of two values must not cost the change. */
function neverThrowing<V>(equals: (held: V, given: V) => boolean): typeof equals {
  return (held, given) => {
    try {
      return equals(held, given);
    } catch {
      return false;
    }
  };
}

interface Reader<K, V> {
  readonly subscriber: { next(change: Change<K, V>): void };
  /** The revision that the reader was brought up to by replay; it is told only what came later. */
  readonly since: number;
}

/** What a transaction did to a table so far. */
interface Draft<K extends Key, V> {
  readonly base: ContentSnapshot<K, V>;
  readonly touched: Set<K>;
  synced: boolean;
}

class ReactiveTable<K extends Key, V> implements MutableTable<K, V>, Participant {
  readonly name: string;
  readonly changes$: ChangeStream<K, V>;
  readonly gradualChanges$: ChangeStream<K, V>;
  readonly #equals: (held: V, given: V) => boolean;
  readonly #readers = new Set<Reader<K, V>>();
  readonly #listeners = new Set<WriteListener<K, V>>();
  readonly #content: Content<K, V>;
  #draft: Draft<K, V> | undefined;
  #synced = false;
  #revision = 0;

  constructor(content: Content<K, V>, options: TableOptions<V>) {
    this.#content = content;
    this.name = options.name;
    this.#equals = neverThrowing(options.equals ?? Object.is);
    this.changes$ = new Observable((subscriber) => hold(() => this.#replay(subscriber)));
    this.gradualChanges$ = new Observable((subscriber) => {
      const replay = new GradualReplay(subscriber, this.#committed(), this.#synced);
      this.#attach(subscriber, replay);
      return replay.begin();
    });
  }

  get size(): number {
    return this.#content.size;
  }

  get synced(): boolean {
    return this.#synced || this.#draft?.synced === true;
  }

  get(key: K): V | undefined {
    return this.#content.find(key)?.value;
  }

  has(key: K): boolean {
    return this.#content.find(key) !== undefined;
  }

  entries(): IteratorObject<readonly [K, V]> {
    return this.#content.entries();
  }

  snapshot(): Snapshot<K, V> {
    return this.#content.snapshot();
  }

  onWrite(listener: WriteListener<K, V>): Disposable {
    refuseInTransaction(`listen to writes of ${this.name}`);
    hold(() => {
      for (const [key, value] of this.#content.entries()) {
        listener.written(key, undefined, { value });
      }
      if (this.#synced) listener.synced();
    });
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  upsert(key: K, value: V): boolean {
    const before = this.#content.find(key);
    if (before !== undefined && this.#equals(before.value, value)) return false;
    const draft = this.#openDraft();
    this.#content.set(key, value);
    draft?.touched.add(key);
    this.#written(draft, { kind: "upsert", key, value }, before);
    return true;
  }

  delete(key: K): boolean {
    const before = this.#content.find(key);
    if (before === undefined) return false;
    const draft = this.#openDraft();
    this.#content.delete(key);
    draft?.touched.add(key);
    this.#written(draft, { kind: "delete", key }, before);
    return true;
  }

  markSynced(): void {
    if (this.synced) return;
    const draft = this.#openDraft();
    if (draft === undefined) this.#synced = true;
    else draft.synced = true;
    this.#written(draft, { kind: "synced" }, undefined);
  }

  commit(): void {
    const draft = this.#draft;
    if (draft === undefined) return;
    this.#draft = undefined;
    const changes: Change<K, V>[] = [];
    for (const key of draft.touched) {
      const change = this.#difference(key, draft.base);
      if (change !== undefined) changes.push(change);
    }
    if (draft.synced) {
      this.#synced = true;
      changes.push({ kind: "synced" });
    }
    this.#publishAll(changes);
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

  /** What readers who know `base` have not heard of `key`. */
  #difference(key: K, base: ContentSnapshot<K, V>): Change<K, V> | undefined {
    const before = base.find(key);
    const now = this.#content.find(key);
    if (now === undefined) return before === undefined ? undefined : { kind: "delete", key };
    if (before !== undefined && this.#equals(before.value, now.value)) return undefined;
    return { kind: "upsert", key, value: now.value };
  }

  /** Tells listeners at once, so that readers find indexes up to date, and readers unless there is a draft. */
  #written(
    draft: Draft<K, V> | undefined,
    change: Change<K, V>,
    before: Held<V> | undefined,
  ): void {
    if (this.#listeners.size === 0) {
      if (draft === undefined) this.#publish(change);
      return;
    }
    hold(() => {
      for (const listener of this.#listeners) tellListener(listener, change, before);
      if (draft === undefined) this.#publish(change);
    });
  }

  #publish(change: Change<K, V>): void {
    const revision = ++this.#revision;
    if (this.#readers.size > 0) publish(() => this.#deliver(change, revision));
  }

  #publishAll(changes: readonly Change<K, V>[]): void {
    const revision = ++this.#revision;
    if (this.#readers.size === 0) return;
    publish(() => {
      for (const change of changes) this.#deliver(change, revision);
    });
  }

  #deliver(change: Change<K, V>, revision: number): void {
    for (const reader of this.#readers) {
      if (reader.since < revision) reader.subscriber.next(change);
    }
  }

  /** What a transaction has not committed is not replayed: it may yet be rolled back. */
  #committed(): ContentSnapshot<K, V> {
    return this.#draft?.base ?? this.#content.snapshot();
  }

  /** From now on the reader is told what `subscriber` asked for. */
  #attach(subscriber: Subscriber<Change<K, V>>, told: Reader<K, V>["subscriber"]): void {
    const reader: Reader<K, V> = { subscriber: told, since: this.#revision };
    this.#readers.add(reader);
    subscriber.add(() => this.#readers.delete(reader));
  }

  #replay(subscriber: Subscriber<Change<K, V>>): void {
    this.#attach(subscriber, subscriber);
    const synced = this.#synced;
    for (const [key, value] of this.#committed().entries()) {
      if (subscriber.closed) return;
      subscriber.next({ kind: "upsert", key, value });
    }
    if (synced) subscriber.next({ kind: "synced" });
  }
}

function tellListener<K extends Key, V>(
  listener: WriteListener<K, V>,
  change: Change<K, V>,
  before: Held<V> | undefined,
): void {
  if (change.kind === "synced") listener.synced();
  else listener.written(change.key, before, change.kind === "upsert" ? change : undefined);
}
