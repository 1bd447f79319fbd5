import type { Change, ChangeStream, Clock } from "@heddle/contracts";
import { Observable, type Subscriber, Subscription } from "rxjs";
import { PendingChanges } from "./pending-changes.ts";
import { hold } from "./publication.ts";
import type { Key } from "./snapshot.ts";
import { TableError } from "./table-error.ts";

export interface ConflateOptions {
  /**
   * Milliseconds for which changes add up before they are told; a key that changes again meanwhile is told once.
   *
   * @defaultValue 0: until the next turn of the event loop
   */
  readonly interval?: number;
  /**
   * Changes told as one, in one turn of the event loop; the rest in the turns after it.
   *
   * @defaultValue 1024
   */
  readonly size?: number;
}

/**
 * The stream with fewer changes: those of a key that come within `interval` become one, its last. What waits is
 * in proportion to keys, however many changes there are.
 */
export function conflate<K extends Key, V>(
  source$: ChangeStream<K, V>,
  { clock }: { readonly clock: Clock },
  options: ConflateOptions = {},
): ChangeStream<K, V> {
  const settings = { clock, interval: 0, size: 1024, ...options };
  if (!(settings.interval >= 0)) throw badOption("interval", settings.interval, "0 or more");
  checkSize(settings.size);
  return new Observable((subscriber) => {
    const conflation = new Conflation(subscriber, settings);
    subscriber.add(() => conflation.close());
    return source$.subscribe(conflation);
  });
}

export interface BatchOptions {
  /**
   * The most changes in a batch.
   *
   * @defaultValue 256
   */
  readonly size?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/**
 * The stream for a consumer that awaits something for each change: while he does, changes add up, at most one
 * per key. Each iteration subscribes anew, and ends with the stream.
 *
 * @example
 * ```ts
 * for await (const changes of batches(pods.changes$)) await send(changes);
 * ```
 */
export function batches<K extends Key, V>(
  source$: ChangeStream<K, V>,
  options: BatchOptions = {},
): AsyncIterable<readonly Change<K, V>[]> {
  const { size = 256, signal } = options;
  checkSize(size);
  return { [Symbol.asyncIterator]: () => new BatchReader(source$, size, signal) };
}

type Batch<K, V> = readonly Change<K, V>[];

/** One iteration over a stream. */
class BatchReader<K extends Key, V> implements AsyncIterator<Batch<K, V>, undefined> {
  readonly #size: number;
  readonly #pending = new PendingChanges<K, V>();
  readonly #subscription = new Subscription();
  /** How the stream ended: `undefined` while it has not. */
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(source$: ChangeStream<K, V>, size: number, signal: AbortSignal | undefined) {
    this.#size = size;
    const abort = () => void this.return();
    signal?.addEventListener("abort", abort);
    this.#subscription.add(() => signal?.removeEventListener("abort", abort));
    if (signal?.aborted === true) abort();
    else this.#subscription.add(source$.subscribe(this.#consumer));
  }

  readonly #consumer = {
    next: (change: Change<K, V>): void => {
      this.#pending.add(change);
      this.#wake?.();
    },
    error: (error: unknown): void => this.#finish({ error }),
    complete: (): void => this.#finish({}),
  };

  async next(): Promise<IteratorResult<Batch<K, V>, undefined>> {
    for (;;) {
      const value = this.#subscription.closed ? [] : this.#pending.take(this.#size);
      if (value.length > 0) return { value, done: false };
      if (this.#end !== undefined) return this.#result(this.#end);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(): Promise<IteratorResult<Batch<K, V>, undefined>> {
    this.#subscription.unsubscribe();
    this.#finish({});
    return Promise.resolve({ value: undefined, done: true });
  }

  #result(end: { readonly error?: unknown }): IteratorResult<Batch<K, V>, undefined> {
    this.#subscription.unsubscribe();
    if ("error" in end) throw end.error;
    return { value: undefined, done: true };
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#wake?.();
  }
}

/** One subscription to a conflated stream. */
class Conflation<K extends Key, V> {
  readonly #subscriber: Subscriber<Change<K, V>>;
  readonly #settings: Required<ConflateOptions> & { readonly clock: Clock };
  readonly #pending = new PendingChanges<K, V>();
  #round: Disposable | undefined;
  #completed = false;

  constructor(
    subscriber: Subscriber<Change<K, V>>,
    settings: Required<ConflateOptions> & { readonly clock: Clock },
  ) {
    this.#subscriber = subscriber;
    this.#settings = settings;
  }

  next(change: Change<K, V>): void {
    this.#pending.add(change);
    const { clock, interval } = this.#settings;
    if (interval > 0) this.#round ??= clock.schedule(interval, () => this.#tell());
    else this.#round ??= setImmediate(() => this.#tell());
  }

  error(error: unknown): void {
    this.#subscriber.error(error);
  }

  complete(): void {
    this.#completed = true;
    if (this.#pending.size === 0) this.#subscriber.complete();
  }

  close(): void {
    this.#round?.[Symbol.dispose]();
  }

  #tell(): void {
    this.#round = undefined;
    const changes = this.#pending.take(this.#settings.size);
    if (this.#pending.size > 0) this.#round = setImmediate(() => this.#tell());
    hold(() => {
      for (const change of changes) this.#subscriber.next(change);
    });
    if (this.#completed && this.#pending.size === 0) this.#subscriber.complete();
  }
}

function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 1) throw badOption("size", size, "a positive integer");
}

function badOption(option: string, value: number, expected: string): TableError {
  return new TableError({
    code: "invalid-option",
    operation: "conflate",
    subject: `${option} ${String(value)}`,
    reason: `not ${expected}`,
  });
}
