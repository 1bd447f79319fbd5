import { isDeepStrictEqual } from "node:util";
import type { Change, ChangeStream, Clock } from "@heddle/contracts";
import { Observable, Subject } from "rxjs";
import type { Message } from "../netlink/message.ts";

/** How the events of one kind of object are read. */
export interface Kind<K, V> {
  /** In messages to people: `routes`. */
  readonly name: string;
  readonly newType: number;
  readonly deleteType: number;
  /** Multicast groups that tell of it. */
  readonly groups: readonly number[];
  /** The object of a message; undefined where it is none that lists have. */
  decode(payload: Uint8Array): V | undefined;
  key(value: V): K;
  /** Whether it is certain what an event leaves behind; by default it always is. */
  isConclusive?(event: KindEvent<V>, current: V | undefined): boolean;
}

/** One object was made or changed, or is gone. */
export interface KindEvent<V> {
  readonly isDelete: boolean;
  /** `NLM_F_*` of the message. */
  readonly flags: number;
  readonly value: V;
}

/** What a collection needs of the one that it is part of. */
export interface CollectionContext {
  readonly clock: Clock;
  /** Milliseconds from one list to the next at least: a burst of events that leave doubt costs few lists. */
  readonly pace: number;
  /** Milliseconds until the next attempt after a list that failed. */
  readonly retryDelay: number;
  /** Told of each attempt to list: the error, or undefined. */
  listed(name: string, error: unknown): void;
}

/** Events that wait for the end of a list; with more than this, another list is cheaper. */
const maxBacklog = 10_000;

/**
 * The objects of one kind as the kernel last told of them.
 *
 * A list and the events that came during it are put together first, and only the difference to what was
 * published before is published, so that subscribers see no state that never was.
 */
export class Collection<K, V> {
  readonly changes$: ChangeStream<K, V>;
  readonly #kind: Kind<K, V>;
  readonly #listAll: () => Promise<readonly V[]>;
  readonly #context: CollectionContext;
  readonly #subject = new Subject<Change<K, V>>();
  readonly #items = new Map<K, V>();
  /** Keys that more than one object had when they were listed last. */
  #shared: ReadonlySet<K> = new Set();
  /** Events since the list that is under way was begun. */
  #backlog: KindEvent<V>[] | undefined;
  #isDoubtful = false;
  #isSynced = false;
  #isClosed = false;
  #listing: Promise<void> | undefined;
  /** When the next list may begin, on the monotonic clock. */
  #notBefore = 0;
  #wake: () => void = () => undefined;

  constructor(kind: Kind<K, V>, listAll: () => Promise<readonly V[]>, context: CollectionContext) {
    this.#kind = kind;
    this.#listAll = listAll;
    this.#context = context;
    this.changes$ = new Observable((subscriber) => {
      for (const [key, value] of this.#items) subscriber.next({ kind: "upsert", key, value });
      if (this.#isSynced) subscriber.next({ kind: "synced" });
      return this.#subject.subscribe(subscriber);
    });
  }

  get name(): string {
    return this.#kind.name;
  }

  /** The multicast groups whose messages it takes in. */
  get groups(): readonly number[] {
    return this.#kind.groups;
  }

  /** Takes an event in. Throws where the message is malformed. */
  take(message: Message): void {
    const { newType, deleteType } = this.#kind;
    if (message.type !== newType && message.type !== deleteType) return;
    const value = this.#kind.decode(message.payload);
    if (value === undefined) return;
    const event = { isDelete: message.type === deleteType, flags: message.flags, value };
    if (this.#backlog === undefined) this.#publishEvent(event);
    else if (this.#backlog.length < maxBacklog) this.#backlog.push(event);
    else this.#isDoubtful = true;
  }

  /** The first list; its failure is the caller's. */
  async load(): Promise<void> {
    const listing = this.#list();
    this.#listing = listing.then(
      () => this.#settle(),
      () => undefined,
    );
    await listing;
  }

  /** What is published is in doubt: lists anew as soon as the pace allows. */
  invalidate(): void {
    this.#isDoubtful = true;
    this.#listing ??= this.#settle();
  }

  /** Ends the stream and waits for the list under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subject.complete();
    this.#wake();
    await this.#listing;
  }

  /** Lists until there is no doubt. */
  async #settle(): Promise<void> {
    while (this.#isDoubtful && !this.#isClosed) {
      await this.#pause(this.#notBefore - this.#context.clock.monotonic());
      if (!this.#isClosed) await this.#tryList();
    }
    this.#listing = undefined;
  }

  async #tryList(): Promise<void> {
    try {
      await this.#list();
    } catch (error) {
      this.#notBefore = this.#context.clock.monotonic() + this.#context.retryDelay;
      if (!this.#isClosed) this.#context.listed(this.#kind.name, error);
    }
  }

  async #list(): Promise<void> {
    const backlog: KindEvent<V>[] = [];
    this.#backlog = backlog;
    this.#isDoubtful = false;
    try {
      const { items, shared } = this.#indexed(await this.#listAll());
      this.#shared = shared;
      for (const event of backlog) {
        if (!this.#apply(items, event)) this.#isDoubtful = true;
      }
      this.#publish(items);
    } catch (error) {
      this.#isDoubtful = true;
      throw error;
    } finally {
      this.#backlog = undefined;
    }
    this.#notBefore = this.#context.clock.monotonic() + this.#context.pace;
    this.#context.listed(this.#kind.name, undefined);
  }

  /** Of several objects with one key the first counts, as it does for the kernel. */
  #indexed(values: readonly V[]): { readonly items: Map<K, V>; readonly shared: ReadonlySet<K> } {
    const items = new Map<K, V>();
    const shared = new Set<K>();
    for (const value of values) {
      const key = this.#kind.key(value);
      if (items.has(key)) shared.add(key);
      else items.set(key, value);
    }
    return { items, shared };
  }

  /** Changes the items by the event; false when it is not certain what it leaves behind. */
  #apply(items: Map<K, V>, event: KindEvent<V>): boolean {
    const key = this.#kind.key(event.value);
    const isConclusive = this.#kind.isConclusive?.(event, items.get(key)) ?? true;
    if (!isConclusive || this.#shared.has(key)) return false;
    if (event.isDelete) items.delete(key);
    else items.set(key, event.value);
    return true;
  }

  #publishEvent(event: KindEvent<V>): void {
    const key = this.#kind.key(event.value);
    const before = this.#items.get(key);
    if (!this.#apply(this.#items, event)) this.invalidate();
    else if (!event.isDelete) this.#emitUpsert(key, before, event.value);
    else if (before !== undefined) this.#subject.next({ kind: "delete", key });
  }

  /** Makes the items these, and tells the difference. */
  #publish(items: ReadonlyMap<K, V>): void {
    for (const key of this.#items.keys()) {
      if (items.has(key)) continue;
      this.#items.delete(key);
      this.#subject.next({ kind: "delete", key });
    }
    for (const [key, value] of items) {
      const before = this.#items.get(key);
      this.#items.set(key, value);
      this.#emitUpsert(key, before, value);
    }
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#subject.next({ kind: "synced" });
  }

  #emitUpsert(key: K, before: V | undefined, value: V): void {
    if (!isDeepStrictEqual(before, value)) this.#subject.next({ kind: "upsert", key, value });
  }

  #pause(duration: number): Promise<void> {
    if (duration <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#context.clock.schedule(duration, resolve);
      this.#wake = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
  }
}
