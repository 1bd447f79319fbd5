import { availableParallelism } from "node:os";
import { decodeFromBytes } from "./codec.ts";
import { takeError, unsupportedOperation } from "./map-errors.ts";
import { encodeParts, type MapShape, perCpuCodec } from "./map-shape.ts";
import type { BpfMap, KeyedMap, MapScan, PerCpuMap, WriteOptions } from "./map-types.ts";
import { createEntryStore, type EntryStore } from "./memory-store.ts";
import type { MapSpec, PerCpuMapSpec } from "./spec.ts";

/**
 * A map in memory, for tests: it behaves like one in the kernel (limits, eviction, arrays, longest
 * prefix match, errors) as far as user space can tell. An LRU map evicts exactly the entry that was
 * written longest ago, where the kernel's choice is approximate.
 */
export function createMemoryMap<K, V>(spec: MapSpec<K, V>): BpfMap<K, V> {
  return new MemoryMap(spec);
}

/** A per-CPU map in memory, for tests, with values of `cpus` CPUs. */
export function createMemoryPerCpuMap<K, V>(
  spec: PerCpuMapSpec<K, V>,
  cpus: number = availableParallelism(),
): PerCpuMap<K, V> {
  return new MemoryPerCpuMap(spec, cpus);
}

class MemoryKeyedMap<K, V> implements KeyedMap<K, V> {
  readonly name: string;
  readonly maxEntries: number;
  readonly #shape: MapShape<K, V>;
  readonly #store: EntryStore;

  constructor(shape: MapShape<K, V>) {
    this.#shape = shape;
    this.#store = createEntryStore(shape);
    this.name = shape.name;
    this.maxEntries = shape.maxEntries;
  }

  get(key: K): V | undefined {
    const value = this.#store.get(this.#encodeKey(key));
    return value === undefined ? undefined : decodeFromBytes(this.#shape.value, value);
  }

  has(key: K): boolean {
    return this.#store.get(this.#encodeKey(key)) !== undefined;
  }

  set(key: K, value: V, options: WriteOptions = {}): void {
    const encoded = encodeParts(this.name, "value", this.#shape.value, [value]);
    this.#store.set(this.#encodeKey(key), encoded, options.mode ?? "any", key);
  }

  delete(key: K): boolean {
    return this.#store.delete(this.#encodeKey(key), key);
  }

  take(key: K): V | undefined {
    const encoded = this.#encodeKey(key);
    if (!this.#shape.type.includes("hash")) {
      throw takeError(this.#shape, key, unsupportedOperation);
    }
    const value = this.#store.get(encoded);
    if (value === undefined) return undefined;
    this.#store.delete(encoded, key);
    return decodeFromBytes(this.#shape.value, value);
  }

  entries(): MapScan<K, V> {
    const { key, value } = this.#shape;
    const store = this.#store;
    return {
      consistent: true,
      async *[Symbol.asyncIterator]() {
        for (const entry of store.entries()) {
          yield await Promise.resolve([
            decodeFromBytes(key, entry.key),
            decodeFromBytes(value, entry.value),
          ] as const);
        }
      },
    };
  }

  async setMany(entries: Iterable<readonly [key: K, value: V]>): Promise<void> {
    await Promise.resolve();
    for (const [key, value] of entries) this.set(key, value);
  }

  async deleteMany(keys: Iterable<K>): Promise<number> {
    await Promise.resolve();
    let deleted = 0;
    for (const key of keys) deleted += Number(this.delete(key));
    return deleted;
  }

  #encodeKey(key: K): Uint8Array {
    return encodeParts(this.name, "key", this.#shape.key, [key]);
  }
}

class MemoryMap<K, V> extends MemoryKeyedMap<K, V> implements BpfMap<K, V> {
  readonly spec: MapSpec<K, V>;

  constructor(spec: MapSpec<K, V>) {
    super(spec);
    this.spec = spec;
  }
}

class MemoryPerCpuMap<K, V> extends MemoryKeyedMap<K, readonly V[]> implements PerCpuMap<K, V> {
  readonly spec: PerCpuMapSpec<K, V>;
  readonly cpus: number;

  constructor(spec: PerCpuMapSpec<K, V>, cpus: number) {
    super({ ...spec, value: perCpuCodec(spec, cpus) });
    this.spec = spec;
    this.cpus = cpus;
  }

  fold<R>(key: K, reducer: (sum: R, value: V) => R, initial: R): R | undefined {
    return this.get(key)?.reduce(reducer, initial);
  }
}
