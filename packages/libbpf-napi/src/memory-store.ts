import { constants } from "node:os";
import { decodeFromBytes, encodeToBytes } from "./codec.ts";
import { u32 } from "./codecs.ts";
import { entryError } from "./map-errors.ts";
import type { MapShape } from "./map-shape.ts";
import type { WriteMode } from "./map-types.ts";

interface StoredEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Entries as bytes, by the rules of one map type. `shown` is the key for messages. */
export interface EntryStore {
  get(key: Uint8Array): Uint8Array | undefined;
  set(key: Uint8Array, value: Uint8Array, mode: WriteMode, shown: unknown): void;
  delete(key: Uint8Array, shown: unknown): boolean;
  entries(): readonly StoredEntry[];
}

type StoreShape = MapShape<unknown, unknown>;

export function createEntryStore(shape: StoreShape): EntryStore {
  if (shape.type === "array" || shape.type === "percpu_array") return new ArrayStore(shape);
  if (shape.type === "lpm_trie") return new PrefixStore(shape);
  return new HashStore(shape, shape.type === "lru_hash" || shape.type === "lru_percpu_hash");
}

const { E2BIG, EEXIST, EINVAL, ENOENT, ENOSPC } = constants.errno;

/** Refuses what `mode` rules out. The kernel asks this before whether there is room. */
function checkMode(shape: StoreShape, mode: WriteMode, present: boolean, shown: unknown): void {
  if (mode === "create" && present) throw entryError(shape, "set", shown, EEXIST);
  if (mode === "replace" && !present) throw entryError(shape, "set", shown, ENOENT);
}

/** Bytes as a key of a `Map`. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

class HashStore implements EntryStore {
  readonly #shape: StoreShape;
  readonly #evicts: boolean;
  /** In order of writing, the oldest first. */
  readonly #entries = new Map<string, StoredEntry>();

  constructor(shape: StoreShape, evicts: boolean) {
    this.#shape = shape;
    this.#evicts = evicts;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(textOf(key))?.value;
  }

  set(key: Uint8Array, value: Uint8Array, mode: WriteMode, shown: unknown): void {
    const text = textOf(key);
    const present = this.#entries.has(text);
    checkMode(this.#shape, mode, present, shown);
    if (!present && this.#entries.size >= this.#shape.maxEntries) this.#makeRoom(shown);
    this.#entries.delete(text);
    this.#entries.set(text, { key, value });
  }

  delete(key: Uint8Array): boolean {
    return this.#entries.delete(textOf(key));
  }

  entries(): readonly StoredEntry[] {
    return [...this.#entries.values()];
  }

  #makeRoom(shown: unknown): void {
    const [oldest] = this.#entries.keys();
    if (!this.#evicts || oldest === undefined) throw entryError(this.#shape, "set", shown, E2BIG);
    this.#entries.delete(oldest);
  }
}

/** All indexes are always there, with zeros at first. */
class ArrayStore implements EntryStore {
  readonly #shape: StoreShape;
  readonly #values: Uint8Array[];

  constructor(shape: StoreShape) {
    this.#shape = shape;
    const { maxEntries, value } = shape;
    this.#values = Array.from({ length: maxEntries }, () => new Uint8Array(value.size));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values[decodeFromBytes(u32, key)];
  }

  set(key: Uint8Array, value: Uint8Array, mode: WriteMode, shown: unknown): void {
    const index = decodeFromBytes(u32, key);
    if (index >= this.#values.length) throw entryError(this.#shape, "set", shown, E2BIG);
    checkMode(this.#shape, mode, true, shown);
    this.#values[index] = value;
  }

  delete(_key: Uint8Array, shown: unknown): boolean {
    throw entryError(this.#shape, "delete", shown, EINVAL);
  }

  entries(): readonly StoredEntry[] {
    return this.#values.map((value, index) => ({ key: encodeToBytes(u32, index), value }));
  }
}

/** Keys are a length in bits as `u32`, and the bits. */
class PrefixStore implements EntryStore {
  readonly #shape: StoreShape;
  readonly #entries = new Map<string, StoredEntry>();

  constructor(shape: StoreShape) {
    this.#shape = shape;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    for (let length = Math.min(prefixLength(key), this.#bits()); length >= 0; length -= 1) {
      const entry = this.#entries.get(prefixText(key, length));
      if (entry !== undefined) return entry.value;
    }
    return undefined;
  }

  set(key: Uint8Array, value: Uint8Array, mode: WriteMode, shown: unknown): void {
    const length = prefixLength(key);
    if (length > this.#bits()) throw entryError(this.#shape, "set", shown, EINVAL);
    const text = prefixText(key, length);
    const present = this.#entries.has(text);
    checkMode(this.#shape, mode, present, shown);
    if (!present && this.#entries.size >= this.#shape.maxEntries) {
      throw entryError(this.#shape, "set", shown, ENOSPC);
    }
    this.#entries.set(text, { key, value });
  }

  delete(key: Uint8Array, shown: unknown): boolean {
    const length = prefixLength(key);
    if (length > this.#bits()) throw entryError(this.#shape, "delete", shown, EINVAL);
    return this.#entries.delete(prefixText(key, length));
  }

  entries(): readonly StoredEntry[] {
    return [...this.#entries.values()];
  }

  #bits(): number {
    return (this.#shape.key.size - u32.size) * 8;
  }
}

function prefixLength(key: Uint8Array): number {
  return decodeFromBytes(u32, key);
}

/** Stands for the first `length` bits of the key. */
function prefixText(key: Uint8Array, length: number): string {
  const whole = Math.floor(length / 8);
  const bits = Uint8Array.from(key.subarray(u32.size, u32.size + whole + 1));
  if (bits.length > whole) bits[whole] = (bits[whole] ?? 0) & (0xff00 >> (length % 8));
  return `${String(length)}:${textOf(bits)}`;
}
