import { addon } from "./addon.ts";
import { decodeAt, encodeParts, type MapShape } from "./map-shape.ts";
import type { Descriptor } from "./descriptor.ts";
import { KernelMapBase } from "./kernel-map-base.ts";
import { entryError, takeError } from "./map-errors.ts";
import { createMapScan } from "./map-scan.ts";
import type { KeyedMap, MapScan, WriteMode, WriteOptions } from "./map-types.ts";

/** `BPF_ANY`, `BPF_NOEXIST` and `BPF_EXIST` of linux/bpf.h. */
export const modeFlags: Readonly<Record<WriteMode, number>> = { any: 0, create: 1, replace: 2 };

const notFound = 2;

/** Entries per batch: encoding them takes the event loop about half a millisecond. */
const batchSize = 1024;

/** Entries of a map in the kernel. */
export class KernelKeyedMap<K, V> extends KernelMapBase implements KeyedMap<K, V> {
  readonly name: string;
  readonly maxEntries: number;
  readonly #shape: MapShape<K, V>;
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor, shape: MapShape<K, V>) {
    super(descriptor);
    this.#descriptor = descriptor;
    this.#shape = shape;
    this.name = shape.name;
    this.maxEntries = shape.maxEntries;
  }

  get(key: K): V | undefined {
    const value = this.#lookup(key, "get");
    return value === undefined ? undefined : decodeAt(this.#shape.value, value, 0);
  }

  has(key: K): boolean {
    return this.#lookup(key, "has") !== undefined;
  }

  set(key: K, value: V, options: WriteOptions = {}): void {
    const fd = this.#descriptor.number("set");
    const flags = modeFlags[options.mode ?? "any"];
    const result = addon().mapUpdate(fd, this.#encodeKey(key), this.#encodeValue(value), flags);
    if (result < 0) throw entryError(this.#shape, "set", key, -result);
  }

  delete(key: K): boolean {
    const fd = this.#descriptor.number("delete");
    const result = addon().mapDelete(fd, this.#encodeKey(key));
    if (result < 0 && -result !== notFound) throw entryError(this.#shape, "delete", key, -result);
    return result === 0;
  }

  take(key: K): V | undefined {
    const fd = this.#descriptor.number("take");
    const value = new Uint8Array(this.#shape.value.size);
    const result = addon().mapTake(fd, this.#encodeKey(key), value);
    if (result === 0) return decodeAt(this.#shape.value, value, 0);
    if (-result === notFound) return undefined;
    throw takeError(this.#shape, key, -result);
  }

  entries(): MapScan<K, V> {
    return createMapScan(this.#descriptor, this.#shape);
  }

  async setMany(entries: Iterable<readonly [key: K, value: V]>): Promise<void> {
    const { key, value } = this.#shape;
    for (const batch of batches(entries, batchSize)) {
      const fd = this.#descriptor.number("set many in");
      const keys = encodeParts(
        this.name,
        "key",
        key,
        batch.map(([each]) => each),
      );
      const values = encodeParts(
        this.name,
        "value",
        value,
        batch.map(([, each]) => each),
      );
      const { error, count } = await addon().mapUpdateMany(fd, batch.length, keys, values);
      if (error !== 0) throw entryError(this.#shape, "set", batch[count]?.[0], error);
    }
  }

  async deleteMany(keys: Iterable<K>): Promise<number> {
    let total = 0;
    for (const batch of batches(keys, batchSize)) {
      const fd = this.#descriptor.number("delete many in");
      const encoded = encodeParts(this.name, "key", this.#shape.key, batch);
      const { error, count, deleted } = await addon().mapDeleteMany(fd, batch.length, encoded);
      if (error !== 0) throw entryError(this.#shape, "delete", batch[count], error);
      total += deleted;
    }
    return total;
  }

  #lookup(key: K, operation: string): Uint8Array | undefined {
    const fd = this.#descriptor.number(operation);
    const value = new Uint8Array(this.#shape.value.size);
    const result = addon().mapLookup(fd, this.#encodeKey(key), value);
    if (result === 0) return value;
    if (-result === notFound) return undefined;
    throw entryError(this.#shape, operation, key, -result);
  }

  #encodeKey(key: K): Uint8Array {
    return encodeParts(this.name, "key", this.#shape.key, [key]);
  }

  #encodeValue(value: V): Uint8Array {
    return encodeParts(this.name, "value", this.#shape.value, [value]);
  }
}

/** Groups of at most `size`. */
function* batches<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
