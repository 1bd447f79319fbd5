import { addon } from "./addon.ts";
import { type Attempt, kernelError, type BpfError, UnsupportedFeatureError } from "./errors.ts";
import { mapTypeNumber } from "./kernel-names.ts";
import { sizeExplanations } from "./map-size.ts";

/** The first Linux release with maps of a type, by the name that bpftool prints. */
const sinceKernel: Readonly<Record<string, string>> = {
  hash: "3.19",
  array: "3.19",
  prog_array: "4.2",
  perf_event_array: "4.3",
  percpu_hash: "4.6",
  percpu_array: "4.6",
  cgroup_array: "4.8",
  lru_hash: "4.10",
  lru_percpu_hash: "4.10",
  lpm_trie: "4.11",
  array_of_maps: "4.12",
  hash_of_maps: "4.12",
  devmap: "4.14",
  sockmap: "4.14",
  cpumap: "4.15",
  xskmap: "4.18",
  sockhash: "4.18",
  queue: "4.20",
  stack: "4.20",
  sk_storage: "5.2",
  devmap_hash: "5.4",
  ringbuf: "5.8",
  inode_storage: "5.10",
  task_storage: "5.11",
  bloom_filter: "5.16",
  user_ringbuf: "6.1",
  cgrp_storage: "6.2",
  arena: "6.9",
};

/** The error for an object that was not loaded, with maps of these types. */
export function explainByTypes(failure: BpfError, types: Iterable<string>): BpfError {
  if (failure.errno !== "EINVAL" || failure.code !== "kernel-error") return failure;
  for (const type of new Set(types)) {
    const since = sinceKernel[type];
    if (since === undefined || addon().probeMapType(mapTypeNumber(type)) !== 0) continue;
    const feature = { name: `${type} maps`, sinceKernel: since };
    return new UnsupportedFeatureError(failure, feature, failure);
  }
  return failure;
}

/**
 * The error for a map that was not created: the kernel is asked whether it has the type at all. `asked`
 * is the map in words.
 */
export function createError(
  attempt: Attempt,
  type: string,
  asked: string,
  error: number,
): BpfError {
  return explainByTypes(kernelError(attempt, error, sizeExplanations(asked)), [type]);
}
