import type { KernelMapHandle } from "./map-types.ts";
import type { EventCodec } from "./record-codec.ts";
import type { ReferenceMapSpec } from "./reference-types.ts";
import type { NamedMapSpec } from "./spec.ts";

/** What a program's source says of a perf buffer: a `perf_event_array` that it sends events by. */
export interface PerfBufferSpec<E> extends NamedMapSpec {
  readonly type: "perf_event_array";
  /** CPUs; 0 stands for all possible ones. */
  readonly maxEntries: number;
  readonly event: EventCodec<E>;
}

/**
 * What a program's source says of a `perf_event_array`: it sends events by it, or reads the perf events in it.
 * As a spec it does for both.
 */
export type PerfEventArraySpec<E> = PerfBufferSpec<E> &
  ReferenceMapSpec<number, "perf_event_array">;

/** A handle of a perf buffer, which {@link openPerfBuffer} reads. */
export interface KernelPerfBuffer<E> extends KernelMapHandle {
  readonly spec: PerfBufferSpec<E>;
}

export interface PerfBufferOptions<E> {
  /** Called with what arrived on one CPU, in its order, at least one event. */
  readonly onEvents: (events: readonly E[], cpu: number) => void;
  /** Called with how many events found no room in the buffer of one CPU. */
  readonly onLost: (count: bigint, cpu: number) => void;
  /** Called with what the other callbacks threw, and for each record that is not an event of the spec. */
  readonly onError: (error: Error) => void;
  /** Size of each CPU's buffer, in pages of memory; a power of two. @defaultValue 64 */
  readonly pagesPerCpu?: number;
  /** Whether an open reader keeps the process alive. @defaultValue false */
  readonly keepAlive?: boolean;
}
