import { createMemoryMap } from "./memory-map.ts";
import { storageTraits } from "./storage-map.ts";
import type { StorageMap, StorageMapSpec } from "./storage-types.ts";

/** As many owners as a process can have descriptors of. */
const maxOwners = 1 << 20;

/** Storage in memory, for tests: any number is an owner, and none vanishes. */
export function createMemoryStorageMap<V>(spec: StorageMapSpec<V>): StorageMap<V> {
  const traits = { ...storageTraits(spec), type: "hash", maxEntries: maxOwners } as const;
  const map = createMemoryMap({ ...traits, layout: "" });
  return {
    name: spec.name,
    spec,
    get: (owner) => map.get(owner),
    has: (owner) => map.has(owner),
    set: (owner, value, options) => map.set(owner, value, options),
    delete: (owner) => map.delete(owner),
  };
}
