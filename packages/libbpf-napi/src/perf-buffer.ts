import { toError } from "@heddle/contracts";
import { addon, type NativePerf, type NativePerfBatch } from "./addon.ts";
import type { Descriptor } from "./descriptor.ts";
import { type Attempt, check, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { newDescriptor, possibleCpus } from "./kernel-map.ts";
import { KernelMapBase } from "./kernel-map-base.ts";
import type { KnownSpec } from "./known-spec.ts";
import { u32 } from "./codecs.ts";
import type { KernelPerfBuffer, PerfBufferOptions, PerfBufferSpec } from "./perf-buffer-types.ts";
import { decodeRecords } from "./record-decoder.ts";
import type { RingBufferReader } from "./ring-buffer.ts";

/**
 * Makes a perf buffer in the kernel, without any object.
 *
 * @throws {BpfError} `not-permitted`
 */
export async function createPerfBuffer<E>(spec: PerfBufferSpec<E>): Promise<KernelPerfBuffer<E>> {
  return perfBufferOf(await newDescriptor(perfBufferTraits(spec)), spec);
}

/** The spec of a perf buffer as those of other maps are. */
export function perfBufferTraits(spec: PerfBufferSpec<unknown>): KnownSpec {
  const { name, type, flags } = spec;
  const maxEntries = spec.maxEntries === 0 ? possibleCpus() : spec.maxEntries;
  return { name, type, flags, maxEntries, key: u32, value: u32 };
}

/** The handle of a perf buffer that was checked to be what `spec` says. */
export function perfBufferOf<E>(
  descriptor: Descriptor,
  spec: PerfBufferSpec<E>,
): KernelPerfBuffer<E> {
  return new PerfBuffer(descriptor, spec);
}

class PerfBuffer<E> extends KernelMapBase implements KernelPerfBuffer<E> {
  readonly spec: PerfBufferSpec<E>;

  constructor(descriptor: Descriptor, spec: PerfBufferSpec<E>) {
    super(descriptor);
    this.spec = spec;
  }
}

/** Reads a perf buffer while it is open. */
export type PerfBufferReader = RingBufferReader;

/**
 * Delivers the events of a perf buffer on the event loop, in batches, CPU by CPU: events of
 * different CPUs are in no order. One reader per perf buffer: it takes the map's entries over.
 *
 * @throws {BpfError} `handle-closed`, `not-permitted`, `invalid-argument` for a number of pages that is no power of two
 */
export function openPerfBuffer<E>(
  map: KernelPerfBuffer<E>,
  options: PerfBufferOptions<E>,
): PerfBufferReader {
  return new PerfReader(map, options);
}

/** The kernel pads a record and the 4 bytes of its length to a multiple of 8. */
const padding = 7;

class PerfReader<E> implements PerfBufferReader {
  readonly #spec: PerfBufferSpec<E>;
  readonly #options: PerfBufferOptions<E>;
  #perf: NativePerf | undefined;
  #paused = false;

  constructor(map: KernelPerfBuffer<E>, options: PerfBufferOptions<E>) {
    this.#spec = map.spec;
    this.#options = options;
    const attempt = this.#attempt("read");
    const fd = descriptorOf(map, attempt.operation).number(attempt.operation);
    const pages = options.pagesPerCpu ?? 64;
    const perf = addon().perfOpen(fd, pages, () => this.#read());
    if (typeof perf === "number") {
      throw kernelError(attempt, -perf, {
        EINVAL: {
          code: "invalid-argument",
          reason: `${String(pages)} pages per CPU are not a power of two`,
        },
      });
    }
    this.#perf = perf;
    this.resume();
  }

  get closed(): boolean {
    return this.#perf === undefined;
  }

  pause(): void {
    this.#watch(false);
  }

  resume(): void {
    this.#watch(true);
    // The kernel tells only once that there is something, and may tell it to the event loop's first
    // look at the buffer, which does not report. That look is in this turn or the next one.
    setImmediate(() => setImmediate(() => this.#read()));
  }

  close(): void {
    const perf = this.#perf;
    if (perf === undefined) return;
    this.#paused = false;
    this.#read();
    this.#perf = undefined;
    addon().perfClose(perf);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #watch(watch: boolean): void {
    if (this.#perf === undefined) return;
    this.#paused = !watch;
    const keepAlive = this.#options.keepAlive ?? false;
    check(this.#attempt("watch"), addon().perfWatch(this.#perf, watch, keepAlive));
  }

  /** Delivers what is there: as much as fits into the buffers, at most. */
  #read(): void {
    if (this.#perf === undefined || this.#paused) return;
    const batches = addon().perfRead(this.#perf);
    if (typeof batches === "number") {
      this.#options.onError(kernelError(this.#attempt("read"), -batches));
      return;
    }
    for (const batch of batches) this.#deliver(batch);
  }

  #deliver(batch: NativePerfBatch): void {
    const { onEvents, onLost, onError } = this.#options;
    const { cpu, lost, error } = batch;
    const { subject } = this.#attempt("read");
    const events = decodeRecords(batch, { subject, event: this.#spec.event, padding, onError });
    try {
      if (events.length > 0) onEvents(events, cpu);
    } catch (thrown) {
      onError(toError(thrown));
    }
    try {
      if (lost > 0n) onLost(lost, cpu);
    } catch (thrown) {
      onError(toError(thrown));
    }
    if (error !== 0) onError(kernelError(this.#attempt("read"), error));
  }

  #attempt(operation: string): Attempt {
    return { operation, subject: `perf buffer ${this.#spec.name}` };
  }
}
