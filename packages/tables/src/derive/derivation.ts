import type { Change, ChangeStream } from "@heddle/contracts";
import { Observable, type Subscriber, Subscription } from "rxjs";
import { HashTrie } from "../hash-trie.ts";
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
  synced(): void;
  error(error: unknown): void;
  complete(): void;
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
      },
      error: (error: unknown) => lifecycle.error(error),
      complete: () => lifecycle.complete(),
    });
}

/**
 * A cold stream that `start` derives from its inputs, with fresh state for each subscription. It is
 * `synced` when all inputs are.
 */
export function derive<K, V>(
  start: (output: Output<K, V>) => readonly Input[],
): ChangeStream<K, V> {
  return new Observable((subscriber) => {
    const inputs = start(outputTo(subscriber));
    const subscription = new Subscription();
    let unsynced = inputs.length;
    let open = inputs.length;
    const lifecycle: Lifecycle = {
      synced: () => {
        unsynced--;
        if (unsynced === 0) subscriber.next({ kind: "synced" });
      },
      error: (error) => subscriber.error(error),
      complete: () => {
        open--;
        if (open === 0) subscriber.complete();
      },
    };
    for (const subscribe of inputs) subscription.add(subscribe(lifecycle));
    if (inputs.length === 0) subscriber.next({ kind: "synced" });
    return subscription;
  });
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
