import { toError } from "@heddle/contracts";
import type { NativeBatch } from "./addon.ts";
import { type Attempt, check, kernelError } from "./errors.ts";
import type { RingBuffer } from "./map-types.ts";
import { decodeRecords } from "./record-decoder.ts";
import { openRingSource, type RingSource } from "./ring-source.ts";
import type { RingBufferSpec } from "./spec.ts";

export interface RingBufferOptions<E> {
  /** Called with what arrived, in order, at least one event. */
  readonly onEvents: (events: readonly E[]) => void;
  /**
   * Called with what `onEvents` threw, and for each record that is not an event of the spec; the
   * records after it are delivered nevertheless.
   */
  readonly onError: (error: Error) => void;
  /**
   * Tells how many events found no room so far: a counter that the program keeps, for the ring buffer
   * keeps none. It is asked when the reader is opened, and after each batch.
   *
   * @defaultValue losses are not told
   */
  readonly countLost?: () => number | bigint;
  /** Called with how many more events `countLost` tells of than the last time. */
  readonly onLost?: (count: bigint) => void;
  /** Whether an open reader keeps the process alive. @defaultValue false */
  readonly keepAlive?: boolean;
}

/** Reads a ring buffer while it is open. */
export interface RingBufferReader extends Disposable, AsyncDisposable {
  readonly closed: boolean;
  /** Stops reading: what arrives stays in the ring buffer, and is lost once that is full. */
  pause(): void;
  resume(): void;
  /** Delivers what is in the ring buffer, and stops. Idempotent. */
  close(): void;
}

/**
 * Delivers the events of a ring buffer on the event loop, in batches. One reader per ring buffer:
 * two would share its events.
 *
 * @throws {BpfError} `handle-closed`, `not-permitted`
 */
export function openRingBuffer<E>(
  map: RingBuffer<E>,
  options: RingBufferOptions<E>,
): RingBufferReader {
  return new EventReader(map, options);
}

class EventReader<E> implements RingBufferReader {
  readonly #spec: RingBufferSpec<E>;
  readonly #options: RingBufferOptions<E>;
  #ring: RingSource | undefined;
  #lost = 0n;

  constructor(map: RingBuffer<E>, options: RingBufferOptions<E>) {
    this.#spec = map.spec;
    this.#options = options;
    this.#lost = BigInt(options.countLost?.() ?? 0);
    this.#ring = openRingSource(map, this.#attempt("read"), () => void this.#readBatch());
    this.resume();
  }

  get closed(): boolean {
    return this.#ring === undefined;
  }

  pause(): void {
    this.#watch(false);
  }

  resume(): void {
    this.#watch(true);
  }

  close(): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    this.#drain();
    this.#ring = undefined;
    ring.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #watch(watch: boolean): void {
    if (this.#ring === undefined) return;
    check(this.#attempt("watch"), this.#ring.watch(watch, this.#options.keepAlive ?? false));
  }

  /** As much as fits into the ring buffer: what arrives meanwhile could go on for ever. */
  #drain(): void {
    let left = this.#spec.maxEntries;
    for (let read = this.#readBatch(); read > 0 && left > 0; read = this.#readBatch()) {
      left -= read;
    }
  }

  /** Delivers a batch; how many bytes it had. */
  #readBatch(): number {
    if (this.#ring === undefined) return 0;
    const batch = this.#ring.read();
    if (typeof batch === "number") {
      if (batch < 0) this.#options.onError(kernelError(this.#attempt("read"), -batch));
      return 0;
    }
    const events = this.#decode(batch);
    if (events.length > 0) this.#deliver(events);
    this.#tellLost();
    return batch.data.length;
  }

  #deliver(events: readonly E[]): void {
    try {
      this.#options.onEvents(events);
    } catch (error) {
      this.#options.onError(toError(error));
    }
  }

  #decode(batch: NativeBatch): readonly E[] {
    const { subject } = this.#attempt("read");
    const { onError } = this.#options;
    return decodeRecords(batch, { subject, event: this.#spec.event, padding: 0, onError });
  }

  /** Tells of losses since the last time. */
  #tellLost(): void {
    const { countLost, onLost, onError } = this.#options;
    if (countLost === undefined) return;
    try {
      const lost = BigInt(countLost());
      const fresh = lost - this.#lost;
      this.#lost = lost;
      if (fresh > 0n) onLost?.(fresh);
    } catch (error) {
      onError(toError(error));
    }
  }

  #attempt(operation: string): Attempt {
    return { operation, subject: `ring buffer ${this.#spec.name}` };
  }
}
