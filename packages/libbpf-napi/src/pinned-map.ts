import { layoutHash, layoutName } from "./btf/index.ts";
import { Descriptor } from "./descriptor.ts";
import type { Attempt } from "./errors.ts";
import { checkDescriptor, mapOf, perCpuMapOf, ringBufferOf } from "./kernel-map.ts";
import { KernelMapBase, nativeMapInfo } from "./kernel-map-base.ts";
import { bloomFilterOf, queueOf } from "./kernel-queue.ts";
import type { KnownSpec } from "./known-spec.ts";
import { mismatchError } from "./map-check.ts";
import { kernelEntryLayout } from "./map-layout.ts";
import type { KernelMap, KernelPerCpuMap, KernelRingBuffer, MapInfo } from "./map-types.ts";
import { perfBufferOf, perfBufferTraits } from "./perf-buffer.ts";
import type { KernelPerfBuffer, PerfBufferSpec } from "./perf-buffer-types.ts";
import { openPin } from "./pin.ts";
import type { BloomFilterSpec, KernelBloomFilter, KernelQueue, QueueSpec } from "./queue-types.ts";
import { referenceMapOf, referenceTraits } from "./reference-map.ts";
import type { KernelReferenceMap, ReferenceMapSpec, ReferenceMapType } from "./reference-types.ts";
import { storageMapOf, storageTraits } from "./storage-map.ts";
import type { KernelStorageMap, StorageMapSpec } from "./storage-types.ts";
import type { MapSpec, PerCpuMapSpec, RingBufferSpec } from "./spec.ts";
import {
  type KernelUserRingBuffer,
  userRingBufferOf,
  type UserRingBufferSpec,
} from "./user-ring-buffer.ts";

/**
 * Opens a pinned map, which must be what its spec says: type, sizes, entries, flags, and the layout
 * of key and value as far as the kernel knows it.
 *
 * @throws {BpfError} `pin-missing`, `incompatible-pin`, `not-bpffs`
 */
export function openPinnedMap<K, V>(path: string, spec: MapSpec<K, V>): KernelMap<K, V> {
  return mapOf(pinnedDescriptor(path, spec), spec);
}

/** Opens a pinned per-CPU map; see {@link openPinnedMap}. */
export function openPinnedPerCpuMap<K, V>(
  path: string,
  spec: PerCpuMapSpec<K, V>,
): KernelPerCpuMap<K, V> {
  return perCpuMapOf(pinnedDescriptor(path, spec), spec);
}

/** Opens a pinned ring buffer; see {@link openPinnedMap}. The layout of its events is not in the kernel. */
export function openPinnedRingBuffer<E>(
  path: string,
  spec: RingBufferSpec<E>,
): KernelRingBuffer<E> {
  return ringBufferOf(pinnedDescriptor(path, spec), spec);
}

/** Opens a pinned queue or stack; see {@link openPinnedMap}. */
export function openPinnedQueue<V>(path: string, spec: QueueSpec<V>): KernelQueue<V> {
  return queueOf(pinnedDescriptor(path, spec), spec);
}

/** Opens a pinned bloom filter; see {@link openPinnedMap}. */
export function openPinnedBloomFilter<V>(
  path: string,
  spec: BloomFilterSpec<V>,
): KernelBloomFilter<V> {
  return bloomFilterOf(pinnedDescriptor(path, spec), spec);
}

/** Opens a pinned map whose values refer to things in the kernel; see {@link openPinnedMap}. */
export function openPinnedReferenceMap<K, T extends ReferenceMapType>(
  path: string,
  spec: ReferenceMapSpec<K, T>,
): KernelReferenceMap<K, T> {
  return referenceMapOf(pinnedDescriptor(path, referenceTraits(spec)), spec);
}

/** Opens pinned storage; see {@link openPinnedMap}. */
export function openPinnedStorageMap<V>(
  path: string,
  spec: StorageMapSpec<V>,
): KernelStorageMap<V> {
  return storageMapOf(pinnedDescriptor(path, storageTraits(spec)), spec);
}

/** Opens a pinned perf buffer; see {@link openPinnedMap}. The layout of its events is not in the kernel. */
export function openPinnedPerfBuffer<E>(
  path: string,
  spec: PerfBufferSpec<E>,
): KernelPerfBuffer<E> {
  return perfBufferOf(pinnedDescriptor(path, perfBufferTraits(spec)), spec);
}

/** Opens a pinned user ring buffer; see {@link openPinnedMap}. The layout of its events is not in the kernel. */
export function openPinnedUserRingBuffer<E>(
  path: string,
  spec: UserRingBufferSpec<E>,
): KernelUserRingBuffer<E> {
  return userRingBufferOf(pinnedDescriptor(path, spec), spec);
}

/**
 * What the kernel says of a pinned map of whatever type, for those who have no spec of it.
 *
 * @throws {BpfError} `pin-missing`, `incompatible-pin` when another kind of thing is pinned there, `not-bpffs`
 */
export function pinnedMapInfo(path: string): MapInfo {
  using map = new KernelMapBase(new Descriptor(openPin(path, "map"), `map pinned at ${path}`));
  return map.info();
}

function pinnedDescriptor(path: string, spec: KnownSpec): Descriptor {
  const attempt = { operation: `open pinned map ${spec.name} at`, subject: path };
  const opened = new Descriptor(openPin(path, "map"), `map ${spec.name}`);
  const descriptor = checkDescriptor(opened, spec, "incompatible-pin", attempt);
  try {
    checkLayout(descriptor, spec, attempt);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function checkLayout(descriptor: Descriptor, spec: KnownSpec, attempt: Attempt): void {
  if (!("layout" in spec) || spec.type === "ringbuf" || spec.layout === "") return;
  const layout = kernelEntryLayout(nativeMapInfo(descriptor));
  if (layout === undefined) return;
  const found = layoutHash(layout.key, layout.value);
  if (found === spec.layout) return;
  const types = `${layoutName(layout.key)} to ${layoutName(layout.value)}`;
  const mismatch = `layout of key and value: wanted ${spec.layout}, found ${found} (${types})`;
  throw mismatchError("incompatible-pin", attempt, mismatch);
}
