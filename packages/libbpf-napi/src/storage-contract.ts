import { equal } from "node:assert/strict";
import { u64 } from "./codecs.ts";
import { type ContractCase, type MaybePromise, throwsCode } from "./contract-case.ts";
import type { StorageMap, StorageMapSpec } from "./storage-types.ts";

/** Empty storage, and a descriptor of an owner that it takes. */
export interface StorageFixture<V> {
  readonly map: StorageMap<V>;
  readonly owner: number;
}

/** Makes empty storage of whatever type. */
export type StorageFactory = <V>(
  spec: Omit<StorageMapSpec<V>, "type">,
) => MaybePromise<StorageFixture<V>>;

const spec = { name: "test_storage", value: u64 };

/** The cases for storage that belongs to sockets, tasks, inodes or cgroups. */
export const storageContract: readonly ContractCase<StorageFactory>[] = [
  {
    name: "storage: gives back what was set, until it is deleted",
    async run(create) {
      const { map, owner } = await create(spec);
      equal(map.get(owner), undefined);
      equal(map.has(owner), false);
      equal(map.delete(owner), false);
      map.set(owner, 1n);
      map.set(owner, 2n);
      equal(map.get(owner), 2n);
      equal(map.has(owner), true);
      equal(map.delete(owner), true);
      equal(map.get(owner), undefined);
    },
  },
  {
    name: "storage: creates or replaces only where told so",
    async run(create) {
      const { map, owner } = await create(spec);
      throwsCode("key-missing", () => map.set(owner, 1n, { mode: "replace" }));
      map.set(owner, 1n, { mode: "create" });
      throwsCode("key-exists", () => map.set(owner, 2n, { mode: "create" }));
      map.set(owner, 3n, { mode: "replace" });
      equal(map.get(owner), 3n);
    },
  },
  {
    name: "storage: refuses what its codec does not take",
    async run(create) {
      const { map, owner } = await create(spec);
      throwsCode("invalid-argument", () => map.set(owner, -1n));
    },
  },
];
