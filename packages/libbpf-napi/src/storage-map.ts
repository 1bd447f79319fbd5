import type { Codec } from "./codec.ts";
import { s32 } from "./codecs.ts";
import type { Descriptor } from "./descriptor.ts";
import { KernelKeyedMap } from "./kernel-keyed-map.ts";
import { newDescriptor } from "./kernel-map.ts";
import type { KernelMapHandle, WriteOptions } from "./map-types.ts";

/** What a program's source says of storage that belongs to sockets, tasks, inodes or cgroups. */
export interface StorageMapSpec<V> {
  readonly type: "sk_storage" | "task_storage" | "inode_storage" | "cgrp_storage";
  /** The map's name in C, in bpftool and here; at most 15 characters. */
  readonly name: string;
  readonly value: Codec<V>;
}

/**
 * A value for each of several sockets, tasks, files or cgroups, which vanishes with its owner. An
 * owner is named by a descriptor that is open in this process: a socket's, a task's
 * ({@link openTask}), a file's, or that of a folder of the cgroup file system.
 */
export interface StorageMap<V> {
  readonly name: string;
  readonly spec: StorageMapSpec<V>;
  get(owner: number): V | undefined;
  has(owner: number): boolean;
  /** @throws {BpfError} `key-exists`, `key-missing`, or `kernel-error` EBADF for no such owner */
  set(owner: number, value: V, options?: WriteOptions): void;
  /** Whether the owner had a value. */
  delete(owner: number): boolean;
}

/** A handle of storage. */
export interface KernelStorageMap<V> extends StorageMap<V>, KernelMapHandle {}

/**
 * Makes storage in the kernel, without any object.
 *
 * @throws {BpfError} `not-permitted`, `unsupported-feature`
 */
export function createStorageMap<V>(spec: StorageMapSpec<V>): KernelStorageMap<V> {
  return storageMapOf(newDescriptor(storageTraits(spec), { described: true }), spec);
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
