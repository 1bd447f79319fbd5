import { constants } from "node:os";
import { decodeFromBytes } from "./codec.ts";
import { u32 } from "./codecs.ts";
import type { BpfError } from "./errors.ts";
import { encodeParts } from "./map-shape.ts";
import type { MapScan, WriteOptions } from "./map-types.ts";
import {
  checkModeMet,
  checkModeTaken,
  isAlwaysDeleted,
  isTold,
  referenceError,
  settingOf,
  untoldError,
} from "./reference-errors.ts";
import { type ReferenceKind, referenceKinds } from "./reference-kinds.ts";
import type {
  ReferenceKinds,
  ReferenceMap,
  ReferenceMapSpec,
  ReferenceMapType,
} from "./reference-types.ts";

const { E2BIG, EINVAL } = constants.errno;

export interface MemoryReferenceOptions<T extends ReferenceMapType> {
  /**
   * Which targets the kernel would refuse: a device that is not there, a program of another type.
   *
   * @defaultValue none but those that are refused without the kernel
   */
  readonly refuses?: (target: ReferenceKinds[T]["target"]) => boolean;
}

/**
 * A map of references in memory, for tests: it behaves like one in the kernel (limits, modes, errors).
 * Programs and maps are given by id, or by whatever has an `info()` that tells one; of a socket it
 * tells the descriptor's number for its cookie, and what it refers to never vanishes.
 */
export function createMemoryReferenceMap<K, T extends ReferenceMapType>(
  spec: ReferenceMapSpec<K, T>,
  options: MemoryReferenceOptions<T> = {},
): ReferenceMap<K, T> {
  return new MemoryReferences(spec, referenceKinds[spec.type], options);
}

type Found<T extends ReferenceMapType> = ReferenceKinds[T]["found"] | undefined;

class MemoryReferences<K, T extends ReferenceMapType> implements ReferenceMap<K, T> {
  readonly name: string;
  readonly maxEntries: number;
  readonly spec: ReferenceMapSpec<K, T>;
  readonly #kind: ReferenceKind<T>;
  readonly #options: MemoryReferenceOptions<T>;
  /** By the bytes of the key; without what is found where the kernel does not tell. */
  readonly #entries = new Map<string, readonly [key: K, found: Found<T>]>();

  constructor(
    spec: ReferenceMapSpec<K, T>,
    kind: ReferenceKind<T>,
    options: MemoryReferenceOptions<T>,
  ) {
    this.#kind = kind;
    this.#options = options;
    this.spec = spec;
    this.name = spec.name;
    this.maxEntries = spec.maxEntries;
  }

  set(key: K, target: ReferenceKinds[T]["target"], options: WriteOptions = {}): void {
    const encoded = this.#encodeKey(key);
    const mode = options.mode ?? "any";
    const text = textOf(encoded);
    checkModeTaken(this.spec, this.#kind, mode, key);
    this.#checkTarget(key, target);
    if (this.#isBeyond(encoded)) throw this.#error("set", key, E2BIG);
    checkModeMet(this.spec, this.#kind, mode, key, this.#entries.has(text));
    const full = this.#entries.size >= this.maxEntries && !this.#entries.has(text);
    if (full) throw this.#error("set", key, E2BIG);
    const copy = decodeFromBytes(this.spec.key, encoded);
    this.#entries.set(text, [copy, this.#kind.recall(target)]);
  }

  get(key: K): Found<T> {
    this.#checkTold("get");
    return this.#entries.get(textOf(this.#encodeKey(key)))?.[1];
  }

  delete(key: K): boolean {
    const encoded = this.#encodeKey(key);
    if (this.#isBeyond(encoded)) throw this.#error("delete", key, E2BIG);
    const found = this.#entries.delete(textOf(encoded));
    return found || isAlwaysDeleted(this.#kind);
  }

  entries(): MapScan<K, ReferenceKinds[T]["found"]> {
    this.#checkTold("read entries of");
    const entries = this.#entries;
    return {
      consistent: true,
      async *[Symbol.asyncIterator]() {
        for (const [key, found] of entries.values().toArray()) {
          if (found !== undefined) yield await Promise.resolve([key, found] as const);
        }
      },
    };
  }

  #checkTarget(key: K, target: ReferenceKinds[T]["target"]): void {
    const valueSize = this.spec.valueSize ?? this.#kind.valueSize;
    this.#kind.validate(target, valueSize, settingOf(this.spec, key));
    if (this.#options.refuses?.(target) === true) throw this.#error("set", key, EINVAL);
  }

  #checkTold(operation: string): void {
    if (!isTold(this.spec, this.#kind)) throw untoldError(this.spec, this.#kind, operation);
  }

  #isBeyond(encodedKey: Uint8Array): boolean {
    return this.#kind.rules.indexed && decodeFromBytes(u32, encodedKey) >= this.maxEntries;
  }

  #error(operation: "set" | "delete", key: K, error: number): BpfError {
    return referenceError(this.spec, this.#kind, operation, key, error);
  }

  #encodeKey(key: K): Uint8Array {
    return encodeParts(this.name, "key", this.spec.key, [key]);
  }
}

/** Bytes as a key of a `Map`. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
