import type { Codec } from "./codec.ts";
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
