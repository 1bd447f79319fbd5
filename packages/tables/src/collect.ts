import type { ChangeStream, Service } from "@heddle/contracts";
import { Subscription } from "rxjs";
import type { Key } from "./snapshot.ts";
import { createTable, type MutableTable, type Table, type TableOptions } from "./table.ts";

/** A stream held as a table while the service runs. */
export interface Collection<K extends Key, V> extends Service {
  /** Empty before `start`; stays as it is after `close`. */
  readonly table: Table<K, V>;
}

/**
 * Holds a stream as a table: to read it by key, and to share one derivation between subscribers,
 * since each subscription to a derived stream computes it anew.
 */
export function collect<K extends Key, V>(
  source$: ChangeStream<K, V>,
  options: TableOptions<V>,
): Collection<K, V> {
  return new StreamCollection(source$, options);
}

class StreamCollection<K extends Key, V> implements Collection<K, V> {
  readonly #source$: ChangeStream<K, V>;
  readonly #table: MutableTable<K, V>;
  #subscription: Subscription | undefined;

  constructor(source$: ChangeStream<K, V>, options: TableOptions<V>) {
    this.#source$ = source$;
    this.#table = createTable(options);
  }

  get table(): Table<K, V> {
    return this.#table;
  }

  start(): Promise<void> {
    this.#subscription ??= this.#source$.subscribe((change) => {
      if (change.kind === "upsert") this.#table.upsert(change.key, change.value);
      else if (change.kind === "delete") this.#table.delete(change.key);
      else this.#table.markSynced();
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#subscription ??= Subscription.EMPTY;
    this.#subscription.unsubscribe();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
