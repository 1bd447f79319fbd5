import type { Codec } from "./codec.ts";
import type { KernelMapHandle } from "./map-types.ts";
import type { NamedMapSpec } from "./spec.ts";

/** What a program's source says of a queue (first in, first out) or a stack (last in, first out). */
export interface QueueSpec<V> extends NamedMapSpec {
  readonly type: "queue" | "stack";
  readonly value: Codec<V>;
}

export interface PushOptions {
  /** Whether a full queue or stack drops its oldest value, instead of refusing. @defaultValue false */
  readonly overwrite?: boolean;
}

/** A queue or a stack of values, in the kernel, or in memory for tests. */
export interface ValueQueue<V> {
  readonly name: string;
  /** How many values fit. */
  readonly maxEntries: number;
  readonly spec: QueueSpec<V>;
  /** @throws {BpfError} `map-full`, `invalid-argument` */
  push(value: V, options?: PushOptions): void;
  /** Takes the next value: the oldest of a queue, the newest of a stack. */
  pop(): V | undefined;
  /** The next value, which stays. */
  peek(): V | undefined;
}

/** A handle of a queue or a stack. */
export interface KernelQueue<V> extends ValueQueue<V>, KernelMapHandle {}

/** What a program's source says of a bloom filter. */
export interface BloomFilterSpec<V> extends NamedMapSpec {
  readonly type: "bloom_filter";
  readonly value: Codec<V>;
  /**
   * Hashes per value (`map_extra`), 1 to 15: more of them take longer, and err less.
   *
   * @defaultValue 5, the kernel's own
   */
  readonly hashes?: number;
}

/** A set that forgets nothing and may take what was never added for a member. */
export interface BloomFilter<V> {
  readonly name: string;
  /** For how many values it was sized; with more of them it errs more often. */
  readonly maxEntries: number;
  readonly spec: BloomFilterSpec<V>;
  /** @throws {BpfError} `invalid-argument` */
  add(value: V): void;
  /** Never false for what was added. */
  mightContain(value: V): boolean;
}

/** A handle of a bloom filter. */
export interface KernelBloomFilter<V> extends BloomFilter<V>, KernelMapHandle {}
