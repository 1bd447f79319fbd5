import type { Handle } from "./handle.ts";
import type { DeviceInfo } from "./program-types.ts";
import type { MapSpec, PerCpuMapSpec, RingBufferSpec } from "./spec.ts";

/** What writing an entry asks of the key: nothing, that it is absent, or that it is present. */
export type WriteMode = "any" | "create" | "replace";

export interface WriteOptions {
  /** @defaultValue `"any"` */
  readonly mode?: WriteMode;
}

/**
 * The entries of a map, read in batches off the event loop; the next batch is read when the last one
 * was consumed.
 *
 * While the map is written to, an entry that is there all the time is yielded once; one that is
 * added or deleted meanwhile, once or not at all.
 */
export interface MapScan<K, V> extends AsyncIterable<readonly [key: K, value: V]> {
  /** Becomes false when keys vanished faster than the scan could follow: entries may be missing. */
  readonly consistent: boolean;
}

/**
 * A map with one value per key: what a feature is handed. In the kernel, or in memory for tests.
 *
 * Single entries are read and written synchronously, each in a few microseconds. Values are copies;
 * writing one replaces it whole.
 *
 * Errors, beside `handle-closed` and `kernel-error`: `invalid-argument` for what does not fit its codec.
 */
export interface KeyedMap<K, V> {
  /** The map's name, in C and in bpftool. */
  readonly name: string;
  /** How many entries fit. */
  readonly maxEntries: number;
  /** The value; of an LPM trie, the one of the longest prefix that covers the key. */
  get(key: K): V | undefined;
  /** Whether {@link get} would find a value. */
  has(key: K): boolean;
  /**
   * @throws {BpfError} `map-full`, `key-exists`, `key-missing`, or `key-out-of-range` beyond an
   * array; an LRU map evicts instead of being full
   */
  set(key: K, value: V, options?: WriteOptions): void;
  /** Whether the key was there. @throws {BpfError} `invalid-argument` for an array, which always has all keys */
  delete(key: K): boolean;
  /**
   * Deletes the key and gives what it had, as one step: nothing that a program wrote is lost between.
   *
   * @throws {BpfError} `invalid-argument` for an array or an LPM trie, `unsupported-feature` before Linux 5.14
   */
  take(key: K): V | undefined;
  /** All entries, in no particular order. */
  entries(): MapScan<K, V>;
  /**
   * Writes many entries off the event loop, in order; not as one transaction: what was written
   * before a failure stays.
   */
  setMany(entries: Iterable<readonly [key: K, value: V]>): Promise<void>;
  /** Deletes many keys off the event loop; resolves to how many were there. */
  deleteMany(keys: Iterable<K>): Promise<number>;
}

/** A map with one value per key. */
export interface BpfMap<K, V> extends KeyedMap<K, V> {
  readonly spec: MapSpec<K, V>;
}

/**
 * A map with one value per key and possible CPU. Reading and writing take all of them, by CPU number;
 * BPF programs see their own CPU's.
 */
export interface PerCpuMap<K, V> extends KeyedMap<K, readonly V[]> {
  readonly spec: PerCpuMapSpec<K, V>;
  /** How many values an entry has: the possible CPUs of this machine. */
  readonly cpus: number;
  /** The values of all CPUs as one, by `reducer` from `initial` on; undefined without an entry. */
  fold<R>(key: K, reducer: (sum: R, value: V) => R, initial: R): R | undefined;
}

/** What the kernel says of a map. */
export interface MapInfo {
  /** Unique while the map lives. */
  readonly id: number;
  /** As far as the kernel keeps it: 15 characters. */
  readonly name: string;
  /** As bpftool prints it: `lru_hash`. */
  readonly type: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of a per-CPU map, of one CPU's value. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_*` flags of map creation. */
  readonly flags: number;
  /** Whether user space may no longer write (`BPF_MAP_FREEZE`). */
  readonly frozen: boolean;
  /** The id of its type information, see {@link readBtf}; undefined without. */
  readonly btfId: number | undefined;
  /** The device that it is on; undefined for one in the kernel. */
  readonly device: DeviceInfo | undefined;
}

/** A map in the kernel, of whatever type. */
export interface KernelMapHandle extends Handle {
  info(): MapInfo;
  /**
   * Lets nobody write the map by system calls any more (Linux 5.2). Programs still can, unless it was made with
   * `BPF_F_RDONLY_PROG`. Idempotent.
   *
   * @throws {BpfError} `invalid-state` when its memory is mapped for writing; `invalid-argument` for a type of map that cannot be frozen; `not-permitted`
   */
  freeze(): void;
}

/** A handle of a map with one value per key. */
export interface KernelMap<K, V> extends BpfMap<K, V>, KernelMapHandle {}

/** A handle of a map with one value per key and CPU. */
export interface KernelPerCpuMap<K, V> extends PerCpuMap<K, V>, KernelMapHandle {}

/** A ring buffer, which {@link openRingBuffer} reads. In the kernel, or in memory for tests. */
export interface RingBuffer<E> {
  readonly spec: RingBufferSpec<E>;
}

/** A handle of a ring buffer. */
export interface KernelRingBuffer<E> extends RingBuffer<E>, KernelMapHandle {}
