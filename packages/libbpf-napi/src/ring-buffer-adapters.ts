import { toError } from "@heddle/contracts";
import type { RingBuffer } from "./map-types.ts";
import { openRingBuffer, type RingBufferOptions, type RingBufferReader } from "./ring-buffer.ts";
import { ringBufferEvents, type RingBufferEventsOptions } from "./ring-buffer-events.ts";

/**
 * The events of a ring buffer as a web stream. It is read as fast as the stream is: with more than
 * `maxQueued` events waiting, the ring buffer fills. Cancelling stops reading.
 */
export function ringBufferStream<E>(
  map: RingBuffer<E>,
  options: RingBufferEventsOptions<E>,
): ReadableStream<E> {
  const events = ringBufferEvents(map, options);
  return new ReadableStream<E>(
    {
      async pull(controller) {
        const { value, done } = await events.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await events.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Who is told of events. */
export interface EventObserver<E> {
  readonly next?: (event: E) => void;
}

/** Ends one observer's part. */
export interface EventSubscription {
  /** Idempotent. */
  unsubscribe(): void;
}

/**
 * What RxJS and others take for an Observable (`from(events$)`). It never errors and never
 * completes: what is no event goes to `onError`.
 */
export interface EventObservable<E> {
  subscribe(observer: EventObserver<E> | ((event: E) => void)): EventSubscription;
}

/**
 * The events of a ring buffer for observers. All share one reader: the first one opens it, and the
 * last one that leaves closes it. What arrives while nobody observes stays in the ring buffer.
 */
export function ringBufferObservable<E>(
  map: RingBuffer<E>,
  options: Omit<RingBufferOptions<E>, "onEvents">,
): EventObservable<E> {
  const shared = new SharedReader(map, options);
  const observable: EventObservable<E> = {
    subscribe: (observer) =>
      shared.add(typeof observer === "function" ? observer : (event) => observer.next?.(event)),
  };
  // The name that RxJS looks for, whichever of both was defined when it was loaded.
  const interop: PropertyKey = Reflect.get(Symbol, "observable") ?? "@@observable";
  return Object.assign(observable, { [interop]: () => observable });
}

class SharedReader<E> {
  readonly #map: RingBuffer<E>;
  readonly #options: Omit<RingBufferOptions<E>, "onEvents">;
  readonly #observers = new Set<{ readonly next: (event: E) => void }>();
  #reader: RingBufferReader | undefined;

  constructor(map: RingBuffer<E>, options: Omit<RingBufferOptions<E>, "onEvents">) {
    this.#map = map;
    this.#options = options;
  }

  add(next: (event: E) => void): EventSubscription {
    const observer = { next };
    this.#observers.add(observer);
    try {
      this.#reader ??= openRingBuffer(this.#map, {
        ...this.#options,
        onEvents: (events) => this.#tell(events),
      });
    } catch (error) {
      this.#observers.delete(observer);
      throw error;
    }
    return { unsubscribe: () => this.#remove(observer) };
  }

  #remove(observer: { readonly next: (event: E) => void }): void {
    if (!this.#observers.delete(observer) || this.#observers.size > 0) return;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.close();
  }

  #tell(events: readonly E[]): void {
    for (const event of events) {
      for (const { next } of this.#observers) {
        try {
          next(event);
        } catch (error) {
          this.#options.onError(toError(error));
        }
      }
    }
  }
}
