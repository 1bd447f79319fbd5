import type { NativeBatch } from "./addon.ts";
import { BpfError } from "./errors.ts";
import { encodeEvent } from "./event-bytes.ts";
import type { RingBuffer } from "./map-types.ts";
import { recordAlignment } from "./record-decoder.ts";
import { batchLimits, registerRingSource, type RingSource } from "./ring-source.ts";
import type { RingBufferSpec } from "./spec.ts";

/** A ring buffer that a test sends events to. */
export interface MemoryRingBuffer<E> extends RingBuffer<E> {
  /** How many events and records found no room so far. */
  readonly lost: number;
  /** Sends an event, as a program does; whether there was room. */
  push(event: E): boolean;
  /** Sends a record that may be no event of the spec; whether there was room. */
  pushRecord(record: Uint8Array): boolean;
}

/**
 * A ring buffer in memory, for tests: {@link openRingBuffer} and its like read it. As in the kernel,
 * each record takes 8 bytes and its own, rounded up to 8, one byte stays free, and what finds no room
 * is lost; here it is counted.
 *
 * @throws {BpfError} `invalid-argument` for a size that the kernel does not take
 */
export function createMemoryRingBuffer<E>(spec: RingBufferSpec<E>): MemoryRingBuffer<E> {
  checkRingSize(spec);
  const ring = new MemoryRing(spec.maxEntries - 1);
  const buffer: MemoryRingBuffer<E> = {
    spec,
    get lost() {
      return ring.lost;
    },
    push: (event) => ring.push(encodeEvent(spec, event)),
    pushRecord: (record) => ring.push(Uint8Array.from(record)),
  };
  registerRingSource(buffer, (onReadable) => ring.open(onReadable));
  return buffer;
}

/** The smallest page of memory of the machines that Node runs on. */
const page = 4096;

/** Refuses a size in bytes that the kernel does not take. */
export function checkRingSize({ name, maxEntries }: { name: string; maxEntries: number }): void {
  if (maxEntries >= page && Number.isInteger(Math.log2(maxEntries))) return;
  throw new BpfError({
    code: "invalid-argument",
    operation: "create",
    subject: `map ${name}`,
    reason: `${String(maxEntries)} bytes are not a power of two of at least a page`,
  });
}

/** Bytes that a record takes in a ring buffer: `BPF_RINGBUF_HDR_SZ` of linux/bpf.h, and its own. */
export function spaceOf(size: number): number {
  return roundUp(8 + size);
}

function roundUp(size: number): number {
  return Math.ceil(size / recordAlignment) * recordAlignment;
}

/** The records, and those who read them. */
class MemoryRing {
  lost = 0;
  readonly #capacity: number;
  readonly #readers = new Set<MemoryReader>();
  #records: Uint8Array[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get empty(): boolean {
    return this.#records.length === 0;
  }

  push(record: Uint8Array): boolean {
    const space = spaceOf(record.length);
    if (this.#used + space > this.#capacity) {
      this.lost += 1;
      return false;
    }
    this.#records.push(record);
    this.#used += space;
    for (const reader of this.#readers) reader.tell();
    return true;
  }

  open(onReadable: () => void): RingSource {
    const reader = new MemoryReader(this, onReadable);
    this.#readers.add(reader);
    return {
      watch: (watch, keepAlive) => reader.watch(watch, keepAlive),
      read: () => this.#take(),
      close: () => {
        reader.watch(false, false);
        this.#readers.delete(reader);
      },
    };
  }

  /** As much as fits into a batch. */
  #take(): NativeBatch | number {
    let bytes = 0;
    let count = 0;
    for (const { length } of this.#records) {
      if (count === batchLimits.records || bytes >= batchLimits.bytes) break;
      bytes += roundUp(length);
      count += 1;
    }
    if (count === 0) return 0;
    const taken = this.#records.slice(0, count);
    this.#records = this.#records.slice(count);
    this.#used -= taken.reduce((sum, { length }) => sum + spaceOf(length), 0);
    return { data: joined(taken, bytes), sizes: Uint32Array.from(taken, ({ length }) => length) };
  }
}

function joined(records: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(size);
  let offset = 0;
  for (const record of records) {
    data.set(record, offset);
    offset += roundUp(record.length);
  }
  return data;
}

/** The longest that a timer takes, in milliseconds. */
const longest = 0x7fff_ffff;

/** Tells one reader, on a turn of the event loop, that there is something to read. */
class MemoryReader {
  readonly #ring: MemoryRing;
  readonly #onReadable: () => void;
  #next: NodeJS.Immediate | undefined;
  #watched = false;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(ring: MemoryRing, onReadable: () => void) {
    this.#ring = ring;
    this.#onReadable = onReadable;
  }

  watch(watch: boolean, keepAlive: boolean): number {
    this.#watched = watch;
    clearInterval(this.#keepAlive);
    this.#keepAlive = watch && keepAlive ? setInterval(() => undefined, longest) : undefined;
    if (watch) this.tell();
    return 0;
  }

  tell(): void {
    if (!this.#watched || this.#ring.empty || this.#next !== undefined) return;
    this.#next = setImmediate(() => {
      this.#next = undefined;
      if (!this.#watched || this.#ring.empty) return;
      this.#onReadable();
      this.tell();
    });
    this.#next.unref();
  }
}
