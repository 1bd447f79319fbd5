import { addon } from "./addon.ts";
import { decodeFromBytes } from "./codec.ts";
import { bytes, u32 } from "./codecs.ts";
import type { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import { BpfError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { KernelKeyedMap, modeFlags } from "./kernel-keyed-map.ts";
import { newDescriptor, possibleCpus } from "./kernel-map.ts";
import { KernelMapBase } from "./kernel-map-base.ts";
import type { KnownSpec } from "./known-spec.ts";
import { encodeParts } from "./map-shape.ts";
import type { KernelMapHandle, MapScan, WriteOptions } from "./map-types.ts";
import {
  checkModeTaken,
  isAlwaysDeleted,
  isTold,
  referenceError,
  settingOf,
  untoldError,
} from "./reference-errors.ts";
import { encodeReference, type ReferenceKind, referenceKinds } from "./reference-kinds.ts";
import type {
  KernelReferenceMap,
  ReferenceKinds,
  ReferenceMapSpec,
  ReferenceMapType,
} from "./reference-types.ts";

/**
 * Makes a map whose values refer to things in the kernel, without any object.
 *
 * @param inner for `array_of_maps` and `hash_of_maps`: those that will be in it are like this one
 * @throws {BpfError} `not-permitted`, `unsupported-feature`, `invalid-argument` without `inner`
 */
export async function createReferenceMap<K, T extends ReferenceMapType>(
  spec: ReferenceMapSpec<K, T>,
  inner?: KernelMapHandle,
): Promise<KernelReferenceMap<K, T>> {
  const ofMaps = spec.type === "array_of_maps" || spec.type === "hash_of_maps";
  if (ofMaps !== (inner !== undefined)) throw innerError(spec.name, ofMaps);
  const extras = inner === undefined ? {} : { inner: descriptorOf(inner, "create map like") };
  return referenceMapOf(await newDescriptor(referenceTraits(spec), extras), spec);
}

/** The spec of such a map as those of other types are. */
export function referenceTraits<K, T extends ReferenceMapType>(
  spec: ReferenceMapSpec<K, T>,
): KnownSpec & { readonly value: ReturnType<typeof bytes> } {
  const value = bytes(spec.valueSize ?? referenceKinds[spec.type].valueSize);
  const perCpu = spec.type === "perf_event_array" && spec.maxEntries === 0;
  return { ...spec, maxEntries: perCpu ? possibleCpus() : spec.maxEntries, value };
}

/** The handle of a map that was checked to be what `spec` says. */
export function referenceMapOf<K, T extends ReferenceMapType>(
  descriptor: Descriptor,
  spec: ReferenceMapSpec<K, T>,
): KernelReferenceMap<K, T> {
  return new References(descriptor, spec, referenceKinds[spec.type]);
}

class References<K, T extends ReferenceMapType>
  extends KernelMapBase
  implements KernelReferenceMap<K, T>
{
  readonly name: string;
  readonly maxEntries: number;
  readonly spec: ReferenceMapSpec<K, T>;
  readonly #kind: ReferenceKind<T>;
  readonly #descriptor: Descriptor;
  readonly #bytes: KernelKeyedMap<K, Uint8Array>;

  constructor(descriptor: Descriptor, spec: ReferenceMapSpec<K, T>, kind: ReferenceKind<T>) {
    super(descriptor);
    const { value, maxEntries } = referenceTraits(spec);
    this.#descriptor = descriptor;
    this.#kind = kind;
    this.#bytes = new KernelKeyedMap(descriptor, { ...spec, maxEntries, value });
    this.spec = spec;
    this.name = spec.name;
    this.maxEntries = maxEntries;
  }

  set(key: K, target: ReferenceKinds[T]["target"], options: WriteOptions = {}): void {
    const { value: codec } = referenceTraits(this.spec);
    const mode = options.mode ?? "any";
    const attempt = settingOf(this.spec, key);
    const fd = this.#descriptor.number(attempt.operation);
    const encodedKey = this.#encodeKey(key);
    checkModeTaken(this.spec, this.#kind, mode, key);
    this.#kind.validate(target, codec.size, attempt);
    const encoded = this.#kind.encode(target, attempt);
    using _opened = encoded.opened;
    const value = encodeReference(encoded, codec.size);
    const result = addon().mapUpdate(fd, encodedKey, value, modeFlags[mode]);
    if (result < 0) throw referenceError(this.spec, this.#kind, "set", key, -result);
  }

  get(key: K): ReferenceKinds[T]["found"] | undefined {
    const decode = this.#decoder("get");
    const value = this.#bytes.get(key);
    return value === undefined ? undefined : decode(value);
  }

  delete(key: K): boolean {
    const fd = this.#descriptor.number("delete");
    const encodedKey = this.#encodeKey(key);
    const present = this.#isPresent(key);
    const result = addon().mapDelete(fd, encodedKey);
    if (result === 0) return present;
    if (this.#meansMissing(errnoName(-result), encodedKey)) return false;
    throw referenceError(this.spec, this.#kind, "delete", key, -result);
  }

  entries(): MapScan<K, ReferenceKinds[T]["found"]> {
    const decode = this.#decoder("read entries of");
    const scan = this.#bytes.entries();
    return {
      get consistent() {
        return scan.consistent;
      },
      async *[Symbol.asyncIterator]() {
        for await (const [key, value] of scan) yield [key, decode(value)] as const;
      },
    };
  }

  /** Asked before deleting, which of some types does not tell. */
  #isPresent(key: K): boolean {
    const silent = this.#kind.rules.deletesMissing === "silent";
    return !silent || isAlwaysDeleted(this.#kind) || this.#bytes.has(key);
  }

  #meansMissing(errno: string, encodedKey: Uint8Array): boolean {
    if (errno !== this.#kind.rules.deletesMissing) return errno === "ENOENT";
    return decodeFromBytes(u32, encodedKey) < this.maxEntries;
  }

  #encodeKey(key: K): Uint8Array<ArrayBuffer> {
    return encodeParts(this.name, "key", this.spec.key, [key]);
  }

  #decoder(operation: string): (value: Uint8Array) => ReferenceKinds[T]["found"] {
    const { decode } = this.#kind;
    if (decode !== undefined && isTold(this.spec, this.#kind)) return decode;
    throw untoldError(this.spec, this.#kind, operation);
  }
}

function innerError(name: string, needed: boolean): BpfError {
  return new BpfError({
    code: "invalid-argument",
    operation: "create",
    subject: `map ${name}`,
    reason: needed
      ? "a map of maps is made with a map that those in it will be like"
      : "only a map of maps is made with an inner map",
  });
}
