import type { MapContent } from "./model.ts";

/** A type of map, and what kind of spec it has. */
export interface MapKind {
  /** As bpftool prints it. */
  readonly type: string;
  readonly kind: MapContent["kind"];
}

/** `BPF_MAP_TYPE_*` of include/uapi/linux/bpf.h, in the order of their numbers, which begin with 1. */
const byNumber: readonly (readonly [type: string, kind: MapContent["kind"]])[] = [
  ["hash", "keyed"],
  ["array", "keyed"],
  ["prog_array", "references"],
  ["perf_event_array", "perf-buffer"],
  ["percpu_hash", "per-cpu"],
  ["percpu_array", "per-cpu"],
  ["stack_trace", "raw"],
  ["cgroup_array", "references"],
  ["lru_hash", "keyed"],
  ["lru_percpu_hash", "per-cpu"],
  ["lpm_trie", "keyed"],
  ["array_of_maps", "references"],
  ["hash_of_maps", "references"],
  ["devmap", "references"],
  ["sockmap", "references"],
  ["cpumap", "references"],
  ["xskmap", "references"],
  ["sockhash", "references"],
  ["cgroup_storage", "raw"],
  ["reuseport_sockarray", "raw"],
  ["percpu_cgroup_storage", "raw"],
  ["queue", "queue"],
  ["stack", "queue"],
  ["sk_storage", "storage"],
  ["devmap_hash", "references"],
  ["struct_ops", "raw"],
  ["ringbuf", "ring-buffer"],
  ["inode_storage", "storage"],
  ["task_storage", "storage"],
  ["bloom_filter", "bloom-filter"],
  ["user_ringbuf", "user-ring-buffer"],
  ["cgrp_storage", "storage"],
  ["arena", "arena"],
];

/** The kind of a type by its number; that of a type which is newer than this table is raw. */
export function mapKind(number: number): MapKind {
  const [type, kind] = byNumber[number - 1] ?? [`type ${String(number)}`, "raw"];
  return { type, kind };
}

/** The types that have a spec, for a message. */
export function typesWithSpec(): readonly string[] {
  return byNumber.filter(([, kind]) => kind !== "raw").map(([type]) => type);
}

/** Bytes of the values of these maps where the definition does not say; `libbpf-napi` has the same. */
export function referenceSize(type: string): 4 | 8 {
  return ["devmap", "devmap_hash", "cpumap", "sockmap", "sockhash"].includes(type) ? 8 : 4;
}
