import type { RingBuffer } from "./map-types.ts";
import { openRingBuffer, type RingBufferOptions, type RingBufferReader } from "./ring-buffer.ts";

export interface RingBufferEventsOptions<E> extends Omit<RingBufferOptions<E>, "onEvents"> {
  /**
   * How many events may wait for the loop. With more, the ring buffer is not read until they were
   * taken: then it fills, and the BPF program finds no room.
   *
   * @defaultValue 65536
   */
  readonly maxQueued?: number;
}

/**
 * The events of a ring buffer for a `for await` loop; leaving the loop stops reading. The wait for an
 * event keeps the process alive only with `keepAlive`.
 */
export function ringBufferEvents<E>(
  map: RingBuffer<E>,
  options: RingBufferEventsOptions<E>,
): AsyncIterableIterator<E> & AsyncDisposable {
  return new EventQueue(map, options);
}

class EventQueue<E> implements AsyncIterableIterator<E>, AsyncDisposable {
  readonly #reader: RingBufferReader;
  readonly #maxQueued: number;
  readonly #waiting: ((result: IteratorResult<E>) => void)[] = [];
  /** Taken from the end: the next event is the last one. */
  #ready: E[] = [];
  #arrived: E[] = [];
  #paused = false;

  constructor(map: RingBuffer<E>, options: RingBufferEventsOptions<E>) {
    this.#maxQueued = options.maxQueued ?? 65_536;
    this.#reader = openRingBuffer(map, { ...options, onEvents: (events) => this.#enqueue(events) });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> & AsyncDisposable {
    return this;
  }

  next(): Promise<IteratorResult<E>> {
    const [event] = this.#take();
    if (event !== undefined) return Promise.resolve({ value: event.value, done: false });
    if (this.#reader.closed) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<E>> {
    this.#reader.close();
    this.#ready = [];
    this.#arrived = [];
    for (const resolve of this.#waiting.splice(0)) resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #enqueue(events: readonly E[]): void {
    for (const event of events) {
      const resolve = this.#waiting.shift();
      if (resolve === undefined) this.#arrived.push(event);
      else resolve({ value: event, done: false });
    }
    if (this.#ready.length + this.#arrived.length > this.#maxQueued) this.#pause(true);
  }

  /** The next event in a list, or none. */
  #take(): readonly { readonly value: E }[] {
    if (this.#ready.length === 0) {
      this.#ready = this.#arrived.toReversed();
      this.#arrived = [];
      this.#pause(false);
    }
    if (this.#ready.length === 0) return [];
    return this.#ready.splice(-1).map((value) => ({ value }));
  }

  #pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.#reader.pause();
    else this.#reader.resume();
  }
}
