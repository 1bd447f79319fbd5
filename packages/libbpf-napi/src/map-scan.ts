import { setImmediate as nextTurn } from "node:timers/promises";
import { addon, type NativeRead } from "./addon.ts";
import type { Descriptor } from "./descriptor.ts";
import { kernelError } from "./errors.ts";
import { decodeAt, type MapShape } from "./map-shape.ts";
import type { MapScan } from "./map-types.ts";

/** How many bytes of entries are read at once. */
const batchBytes = 256 * 1024;

/** After so many entries other work of the event loop gets its turn: decoding them takes about a millisecond. */
const entriesPerTurn = 1024;

/**
 * How many times the entries that fit it reads before it gives up, when its place vanishes over and
 * over or entries are replaced as fast as it reads.
 */
const maxEffort = 16;

/** Reads all entries. `single` goes key by key, as for a map type without batches; for tests. */
export function createMapScan<K, V>(
  descriptor: Descriptor,
  shape: MapShape<K, V>,
  single = false,
): MapScan<K, V> {
  return new BatchedScan(descriptor, shape, single);
}

class BatchedScan<K, V> implements MapScan<K, V> {
  consistent = true;
  readonly #descriptor: Descriptor;
  readonly #shape: MapShape<K, V>;
  #single: boolean;

  constructor(descriptor: Descriptor, shape: MapShape<K, V>, single: boolean) {
    this.#descriptor = descriptor;
    this.#shape = shape;
    this.#single = single;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly [key: K, value: V]> {
    const seen = new Set<string>();
    let effort = 0;
    let position: Uint8Array | undefined;
    while (effort <= maxEffort * this.#shape.maxEntries) {
      const batch = await this.#read(position);
      for (let index = 0; index < batch.count; index++) {
        if (index % entriesPerTurn === entriesPerTurn - 1) await nextTurn();
        if (this.#isNew(batch, index, seen)) yield this.#entry(batch, index);
      }
      if (batch.done) return;
      effort += batch.count;
      ({ position } = batch);
    }
    this.consistent = false;
  }

  #entry(batch: NativeRead, index: number): readonly [key: K, value: V] {
    const { key, value } = this.#shape;
    return [decodeAt(key, batch.keys, index), decodeAt(value, batch.values, index)];
  }

  async #read(position: Uint8Array | undefined): Promise<NativeRead> {
    const { key, value, maxEntries } = this.#shape;
    const fitting = Math.floor(batchBytes / (key.size + value.size)) + 1;
    const batch = await addon().mapRead(
      this.#descriptor.number("read entries of"),
      key.size,
      value.size,
      Math.min(fitting, maxEntries),
      this.#single,
      position,
    );
    const attempt = { operation: "read entries of", subject: this.#descriptor.subject };
    if (batch.error !== 0) throw kernelError(attempt, batch.error);
    this.#single = batch.single;
    return batch;
  }

  /** Whether the entry was not yielded before, where the kernel may come by twice. */
  #isNew(batch: NativeRead, index: number, seen: Set<string>): boolean {
    if (!this.#single && !goesKeyByKey(this.#shape)) return true;
    const { size } = this.#shape.key;
    const known = seen.size;
    seen.add(textOf(batch.keys.subarray(index * size, (index + 1) * size)));
    return seen.size > known;
  }
}

/**
 * The kernel walks hash maps bucket by bucket, and arrays by index. An LPM trie it walks from key to
 * key even in batches, and begins anew when the key where it stood was deleted.
 */
function goesKeyByKey(shape: MapShape<unknown, unknown>): boolean {
  return shape.type === "lpm_trie";
}

/** Bytes as a key of a `Set`. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
