import type { Codec } from "./codec.ts";
import { s32 } from "./codecs.ts";
import type { Descriptor } from "./descriptor.ts";
import { KernelKeyedMap } from "./kernel-keyed-map.ts";
import { newDescriptor } from "./kernel-map.ts";
import type { KernelStorageMap, StorageMapSpec } from "./storage-types.ts";

/**
 * Makes storage in the kernel, without any object.
 *
 * @throws {BpfError} `not-permitted`, `unsupported-feature`
 */
export async function createStorageMap<V>(spec: StorageMapSpec<V>): Promise<KernelStorageMap<V>> {
  return storageMapOf(await newDescriptor(storageTraits(spec), { described: true }), spec);
}

const noPreallocation = 1;

/** What the spec and the kernel's rules for storage say together. */
interface StorageTraits<V> extends StorageMapSpec<V> {
  readonly key: Codec<number>;
  readonly maxEntries: number;
  readonly flags: number;
}

/** The spec of storage as those of other maps are. */
export function storageTraits<V>(spec: StorageMapSpec<V>): StorageTraits<V> {
  return { ...spec, key: s32, maxEntries: 0, flags: noPreallocation };
}

/** The handle of storage that was checked to be what `spec` says. */
export function storageMapOf<V>(
  descriptor: Descriptor,
  spec: StorageMapSpec<V>,
): KernelStorageMap<V> {
  return new Storage(descriptor, spec);
}

class Storage<V> extends KernelKeyedMap<number, V> implements KernelStorageMap<V> {
  readonly spec: StorageMapSpec<V>;

  constructor(descriptor: Descriptor, spec: StorageMapSpec<V>) {
    super(descriptor, storageTraits(spec));
    this.spec = spec;
  }
}
