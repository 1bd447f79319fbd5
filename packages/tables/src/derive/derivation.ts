import type { Change, ChangeStream } from "@heddle/contracts";
import { Observable, type Subscriber, Subscription } from "rxjs";
import { HashTrie } from "../hash-trie.ts";
import { type Follower, followUp, hold } from "../publication.ts";
import type { Key } from "../snapshot.ts";

/** What a derivation does with the changes of one of its sources. */
export interface Sink<K, V> {
  upsert(key: K, value: V): void;
  delete(key: K): void;
  /** The source has told all that it knows. */
  synced?(): void;
}

/** Where a derivation writes its result. */
export interface Output<K, V> {
  upsert(key: K, value: V): void;
  delete(key: K): void;
}

/** A source together with its sink, ready to be subscribed. */
export type Input = (lifecycle: Lifecycle) => Subscription;

interface Lifecycle {
  /** The sink was told something. */
  changed(): void;
  synced(): void;
  error(error: unknown): void;
  complete(): void;
}

/** How a result comes from its inputs. */
export interface Derivation {
  readonly inputs: readonly Input[];
  /**
   * Writes what follows from all that the sinks have been told since the last time; called once for all that
   * happened together. Left out where sinks write at once, which is right where each change of the input
   * makes one of the output.
   */
  readonly settle?: () => void;
}

export function input<K, V>(source$: ChangeStream<K, V>, sink: Sink<K, V>): Input {
  return (lifecycle) =>
    source$.subscribe({
      next: (change) => {
        if (change.kind === "upsert") sink.upsert(change.key, change.value);
        else if (change.kind === "delete") sink.delete(change.key);
        else {
          sink.synced?.();
          lifecycle.synced();
        }
        lifecycle.changed();
      },
      error: (error: unknown) => lifecycle.error(error),
      complete: () => lifecycle.complete(),
    });
}

/**
 * A cold stream that `start` derives from its inputs, with fresh state for each subscription. It is
 * `synced` when all inputs are.
 */
export function derive<K, V>(start: (output: Output<K, V>) => Derivation): ChangeStream<K, V> {
  return new Observable((subscriber) =>
    hold(() => new Run(subscriber, start(outputTo(subscriber))).begin()),
  );
}

let lastRank = 0;

/** One subscription to a derived stream. */
class Run<K, V> implements Follower, Lifecycle {
  /** Inputs have their ranks by the time that this one gets its own, which is therefore above theirs. */
  rank = 0;
  readonly #subscriber: Subscriber<Change<K, V>>;
  readonly #derivation: Derivation;
  #unsynced: number;
  #open: number;
  #behind = true;
  #syncedToTell = false;

  constructor(subscriber: Subscriber<Change<K, V>>, derivation: Derivation) {
    this.#subscriber = subscriber;
    this.#derivation = derivation;
    this.#unsynced = derivation.inputs.length;
    this.#open = derivation.inputs.length;
  }

  /** What the inputs replay counts as one change. */
  begin(): Subscription {
    const subscription = new Subscription();
    for (const subscribe of this.#derivation.inputs) subscription.add(subscribe(this));
    this.rank = ++lastRank;
    this.#syncedToTell ||= this.#derivation.inputs.length === 0;
    this.catchUp();
    return subscription;
  }

  changed(): void {
    if (this.#behind || this.#derivation.settle === undefined) return;
    this.#behind = true;
    followUp(this);
  }

  synced(): void {
    this.#unsynced--;
    if (this.#unsynced > 0) return;
    if (this.#derivation.settle === undefined) this.#subscriber.next({ kind: "synced" });
    else this.#syncedToTell = true;
  }

  error(error: unknown): void {
    this.#subscriber.error(error);
  }

  complete(): void {
    this.#open--;
    if (this.#open > 0) return;
    this.catchUp();
    this.#subscriber.complete();
  }

  catchUp(): void {
    this.#behind = false;
    if (this.#subscriber.closed) return;
    this.#derivation.settle?.();
    if (!this.#syncedToTell) return;
    this.#syncedToTell = false;
    this.#subscriber.next({ kind: "synced" });
  }
}

function outputTo<K, V>(subscriber: Subscriber<Change<K, V>>): Output<K, V> {
  return {
    upsert: (key, value) => subscriber.next({ kind: "upsert", key, value }),
    delete: (key) => subscriber.next({ kind: "delete", key }),
  };
}

/** An output that passes on a delete only for a key that is there. */
export function onlyPresent<K extends Key, V>(output: Output<K, V>): Output<K, V> {
  const present = new HashTrie<K, true>();
  return {
    upsert: (key, value) => {
      present.set(key, true);
      output.upsert(key, value);
    },
    delete: (key) => {
      if (present.delete(key)) output.delete(key);
    },
  };
}

/** Items of which something changed since they were last looked at, each once. */
export class Unsettled<T extends { unsettled: boolean }> {
  #items: T[] = [];

  add(item: T): void {
    if (item.unsettled) return;
    item.unsettled = true;
    this.#items.push(item);
  }

  /** Hands out each item, and forgets them. */
  settle(visit: (item: T) => void): void {
    const items = this.#items;
    if (items.length === 0) return;
    this.#items = [];
    for (const item of items) {
      item.unsettled = false;
      visit(item);
    }
  }
}
