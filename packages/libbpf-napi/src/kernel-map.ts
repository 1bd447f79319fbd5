import { addon } from "./addon.ts";
import { Descriptor } from "./descriptor.ts";
import { type Attempt, check } from "./errors.ts";
import type { KnownSpec } from "./known-spec.ts";
import { KernelKeyedMap } from "./kernel-keyed-map.ts";
import { KernelMapBase, nativeMapInfo } from "./kernel-map-base.ts";
import { mapTypeName, mapTypeNumber } from "./kernel-names.ts";
import { findMismatch, mismatchError, traitsOfSpec } from "./map-check.ts";
import { perCpuCodec } from "./map-shape.ts";
import type { KernelMap, KernelPerCpuMap, KernelRingBuffer } from "./map-types.ts";
import { createError } from "./map-type-support.ts";
import type { MapSpec, PerCpuMapSpec, RingBufferSpec } from "./spec.ts";

/**
 * Makes a map in the kernel, without any object. The event loop goes on while the kernel takes memory for it: about
 * 40 ms for a million entries of a hash that allocates them ahead.
 *
 * @throws {BpfError} `not-permitted`, or `kernel-error` such as ENOMEM
 */
export async function createMap<K, V>(spec: MapSpec<K, V>): Promise<KernelMap<K, V>> {
  return mapOf(await newDescriptor(spec), spec);
}

/** Makes a per-CPU map in the kernel, without any object. */
export async function createPerCpuMap<K, V>(
  spec: PerCpuMapSpec<K, V>,
): Promise<KernelPerCpuMap<K, V>> {
  return perCpuMapOf(await newDescriptor(spec), spec);
}

/** The handle of a map that was checked to be what `spec` says. */
export function mapOf<K, V>(descriptor: Descriptor, spec: MapSpec<K, V>): KernelMap<K, V> {
  return new TypedKernelMap(descriptor, spec);
}

/** The handle of a per-CPU map that was checked to be what `spec` says. */
export function perCpuMapOf<K, V>(
  descriptor: Descriptor,
  spec: PerCpuMapSpec<K, V>,
): KernelPerCpuMap<K, V> {
  return new TypedKernelPerCpuMap(descriptor, spec);
}

/** The handle of a ring buffer that was checked to be what `spec` says. */
export function ringBufferOf<E>(
  descriptor: Descriptor,
  spec: RingBufferSpec<E>,
): KernelRingBuffer<E> {
  return new TypedKernelRingBuffer(descriptor, spec);
}

/** Closes the descriptor and throws when its map is not what `spec` says. */
export function checkDescriptor(
  descriptor: Descriptor,
  spec: KnownSpec,
  code: "incompatible-map" | "incompatible-pin",
  attempt: Attempt,
): Descriptor {
  try {
    const info = nativeMapInfo(descriptor);
    const traits = { ...info, type: mapTypeName(info.type) };
    const mismatch = findMismatch(traitsOfSpec(spec), traits);
    if (mismatch !== undefined) throw mismatchError(code, attempt, mismatch);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** What some types of map are made with beside their traits. */
export interface CreationExtras {
  /** `map_extra` of linux/bpf.h. */
  readonly extra?: number | undefined;
  /** A map that those inside will be like. */
  readonly inner?: Descriptor;
  /** Whether the kernel asks for type information. */
  readonly described?: boolean;
}

/** A new map in the kernel. */
export async function newDescriptor(
  spec: KnownSpec,
  extras: CreationExtras = {},
): Promise<Descriptor> {
  const { keySize, valueSize, maxEntries, flags } = traitsOfSpec(spec);
  const attempt = { operation: "create", subject: `map ${spec.name}` };
  const { error, fd } = await addon().mapCreateWith(
    mapTypeNumber(spec.type),
    spec.name,
    keySize,
    valueSize,
    maxEntries,
    flags,
    BigInt(extras.extra ?? 0),
    extras.inner?.number(attempt.operation) ?? -1,
    extras.described ?? false,
  );
  if (error !== 0) {
    const sizes = `${String(keySize)} and ${String(valueSize)} bytes`;
    const asked = `one with ${String(maxEntries)} entries, keys and values of ${sizes}`;
    throw createError(attempt, spec.type, asked, error);
  }
  return new Descriptor(fd, attempt.subject);
}

class TypedKernelMap<K, V> extends KernelKeyedMap<K, V> implements KernelMap<K, V> {
  readonly spec: MapSpec<K, V>;

  constructor(descriptor: Descriptor, spec: MapSpec<K, V>) {
    super(descriptor, spec);
    this.spec = spec;
  }
}

class TypedKernelPerCpuMap<K, V>
  extends KernelKeyedMap<K, readonly V[]>
  implements KernelPerCpuMap<K, V>
{
  readonly spec: PerCpuMapSpec<K, V>;
  readonly cpus: number;

  constructor(descriptor: Descriptor, spec: PerCpuMapSpec<K, V>) {
    const cpus = possibleCpus();
    super(descriptor, { ...spec, value: perCpuCodec(spec, cpus) });
    this.spec = spec;
    this.cpus = cpus;
  }

  fold<R>(key: K, reducer: (sum: R, value: V) => R, initial: R): R | undefined {
    return this.get(key)?.reduce(reducer, initial);
  }
}

class TypedKernelRingBuffer<E> extends KernelMapBase implements KernelRingBuffer<E> {
  readonly spec: RingBufferSpec<E>;

  constructor(descriptor: Descriptor, spec: RingBufferSpec<E>) {
    super(descriptor);
    this.spec = spec;
  }
}

/**
 * How many CPUs the kernel can have at most, also those that are off: so many values an entry of a per-CPU
 * map has, and a multiple of it is the size of an LRU hash with `BPF_F_NO_COMMON_LRU`.
 *
 * @throws {BpfError} when `/sys/devices/system/cpu/possible` cannot be read
 */
export function possibleCpus(): number {
  return check({ operation: "count", subject: "possible CPUs" }, addon().possibleCpus());
}
