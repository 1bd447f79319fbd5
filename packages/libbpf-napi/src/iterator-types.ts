import type { Handle } from "./handle.ts";

/** From where a cgroup iterator goes to which others (`enum bpf_cgroup_iter_order`). */
export type CgroupOrder =
  | "self"
  /** Those below it, each before those below that one. */
  | "parents-first"
  /** Those below it, each after those below that one. */
  | "children-first"
  /** Those above it, upwards. */
  | "ancestors";

/** What an iterator walks, where its kind leaves a choice. */
export type IteratorTarget =
  /** For `bpf_map_elem`, `sockmap` and `bpf_sk_storage_map`: the entries of this map. */
  | { readonly map: Handle }
  /** For `cgroup` (Linux 6.1): this folder, and what is below or above it. */
  | { readonly cgroup: string; readonly order: CgroupOrder }
  /** For `task`, `task_file` and `task_vma` (Linux 6.1): all threads of a process. */
  | { readonly process: number }
  /** For the same: one thread. */
  | { readonly thread: number };
