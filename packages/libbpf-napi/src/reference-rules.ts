import type { WriteMode } from "./map-types.ts";
import type { ReferenceMapType } from "./reference-types.ts";

/** What the kernel makes of a mode of writing: compares it with what is there, ignores or refuses it. */
type ModeRule = "checked" | "ignored" | "refused";

/** How the kernel treats the keys of a type. */
export interface ReferenceRules {
  /** Whether keys are the indexes of an array. */
  readonly indexed: boolean;
  readonly modes: Readonly<Record<WriteMode, ModeRule>>;
  /** Whether every key is there for the mode `create`, as in an array of numbers. */
  readonly alwaysPresent: boolean;
  /** What the kernel answers when an entry is deleted that is not there: an error, nothing, or EINVAL. */
  readonly deletesMissing: "told" | "silent" | "EINVAL";
}

/** kernel/bpf/arraymap.c, `bpf_fd_array_map_update_elem` and `__fd_array_map_delete_elem`. */
const descriptors: ReferenceRules = {
  indexed: true,
  modes: { any: "checked", create: "refused", replace: "refused" },
  alwaysPresent: false,
  deletesMissing: "told",
};

/** kernel/bpf/devmap.c and cpumap.c: an exchange of pointers, whatever was there. */
const exchanged: ReferenceRules = {
  indexed: true,
  modes: { any: "checked", create: "checked", replace: "ignored" },
  alwaysPresent: true,
  deletesMissing: "silent",
};

/** kernel/bpf/hashtab.c, and sockhash in net/core/sock_map.c. */
const hashed: ReferenceRules = {
  indexed: false,
  modes: { any: "checked", create: "checked", replace: "checked" },
  alwaysPresent: false,
  deletesMissing: "told",
};

/** What Linux does, by type; the contract's cases run against it. */
export const referenceRules: Readonly<Record<ReferenceMapType, ReferenceRules>> = {
  prog_array: descriptors,
  array_of_maps: descriptors,
  cgroup_array: descriptors,
  perf_event_array: descriptors,
  devmap: exchanged,
  cpumap: exchanged,
  devmap_hash: { ...hashed, modes: exchanged.modes },
  hash_of_maps: hashed,
  sockhash: hashed,
  sockmap: { ...hashed, indexed: true, deletesMissing: "EINVAL" },
  xskmap: { ...hashed, indexed: true, deletesMissing: "silent" },
};
