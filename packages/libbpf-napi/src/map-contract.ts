/**
 * What every map must do, wherever it lives: cases for whoever writes another implementation of
 * {@link BpfMap} or {@link PerCpuMap}. Any test runner can run them:
 *
 * ```ts
 * for (const { name, run } of mapContract) it(name, () => run(createMemoryMap));
 * ```
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { Codec } from "./codec.ts";
import { bytes, u32, u64 } from "./codecs.ts";
import { type ContractCase, type MaybePromise, throwsCode } from "./contract-case.ts";
import type { BpfMap, KeyedMap, PerCpuMap } from "./map-types.ts";
import type { KeyedMapType, MapSpec, PerCpuMapSpec, PerCpuMapType } from "./spec.ts";

export type { ContractCase, MaybePromise } from "./contract-case.ts";
export {
  type BloomFilterFactory,
  bloomFilterContract,
  queueContract,
  type QueueFactory,
} from "./queue-contract.ts";

export {
  referenceContract,
  type ReferenceFactory,
  type ReferenceFixture,
} from "./reference-contract.ts";

export {
  ringBufferContract,
  type RingBufferFactory,
  type RingBufferFixture,
  userRingBufferContract,
  type UserRingBufferFactory,
  type UserRingBufferFixture,
} from "./ring-contract.ts";

export { storageContract, type StorageFactory, type StorageFixture } from "./storage-contract.ts";

/** Makes an empty map. */
export type MapFactory = <K, V>(spec: MapSpec<K, V>) => MaybePromise<BpfMap<K, V>>;

/** Makes an empty per-CPU map. */
export type PerCpuMapFactory = <K, V>(spec: PerCpuMapSpec<K, V>) => MaybePromise<PerCpuMap<K, V>>;

/** `BPF_F_NO_PREALLOC`, which the kernel asks of an LPM trie. */
const noPreallocation = 1;

/** A prefix: a length in bits, and four bytes. */
interface Prefix {
  readonly length: number;
  readonly address: readonly number[];
}

const prefixCodec: Codec<Prefix> = {
  size: 8,
  encode({ length, address }, target, offset) {
    u32.encode(length, target, offset);
    bytes(4).encode(Uint8Array.from(address), target, offset + 4);
  },
  decode: (source, offset) => ({
    length: u32.decode(source, offset),
    address: [...bytes(4).decode(source, offset + 4)],
  }),
};

function specOf(type: KeyedMapType, maxEntries: number): MapSpec<number, bigint> {
  return { name: `test_${type}`, type, maxEntries, flags: 0, key: u32, value: u64, layout: "" };
}

function trieSpec(maxEntries: number): MapSpec<Prefix, bigint> {
  return {
    name: "test_lpm",
    type: "lpm_trie",
    maxEntries,
    flags: noPreallocation,
    key: prefixCodec,
    value: u64,
    layout: "",
  };
}

function perCpuSpec(type: PerCpuMapType, maxEntries: number): PerCpuMapSpec<number, number> {
  return { name: "test_percpu", type, maxEntries, flags: 0, key: u32, value: u32, layout: "" };
}

async function entriesOf<K, V>(map: KeyedMap<K, V>): Promise<(readonly [K, V])[]> {
  const scan = map.entries();
  const entries: (readonly [K, V])[] = [];
  for await (const entry of scan) entries.push(entry);
  equal(scan.consistent, true);
  return entries;
}

/** In order of the key. */
async function sortedEntries<V>(map: KeyedMap<number, V>): Promise<(readonly [number, V])[]> {
  return (await entriesOf(map)).toSorted(([left], [right]) => left - right);
}

const anyHash: readonly KeyedMapType[] = ["hash", "lru_hash"];

const hashCases = anyHash.flatMap((type): ContractCase<MapFactory>[] => [
  {
    name: `${type}: gives back what was set, and nothing else`,
    async run(create) {
      const map = await create(specOf(type, 64));
      equal(map.get(1), undefined);
      equal(map.has(1), false);
      map.set(1, 10n);
      map.set(2, 20n);
      map.set(1, 11n);
      equal(map.get(1), 11n);
      equal(map.has(2), true);
      equal(map.get(3), undefined);
      deepEqual(await sortedEntries(map), [
        [1, 11n],
        [2, 20n],
      ]);
    },
  },
  {
    name: `${type}: deletes, and says whether there was something`,
    async run(create) {
      const map = await create(specOf(type, 64));
      map.set(1, 10n);
      equal(map.delete(1), true);
      equal(map.delete(1), false);
      equal(map.has(1), false);
      deepEqual(await entriesOf(map), []);
    },
  },
  {
    name: `${type}: takes what is there, once`,
    async run(create) {
      const map = await create(specOf(type, 64));
      map.set(1, 10n);
      map.set(2, 20n);
      equal(map.take(1), 10n);
      equal(map.take(1), undefined);
      deepEqual(await entriesOf(map), [[2, 20n]]);
      throwsCode("invalid-argument", () => map.take(-1));
    },
  },
  {
    name: `${type}: creates or replaces only where told so`,
    async run(create) {
      const map = await create(specOf(type, 64));
      throwsCode("key-missing", () => map.set(1, 10n, { mode: "replace" }));
      map.set(1, 10n, { mode: "create" });
      throwsCode("key-exists", () => map.set(1, 11n, { mode: "create" }));
      map.set(1, 12n, { mode: "replace" });
      equal(map.get(1), 12n);
    },
  },
  {
    name: `${type}: sets and deletes many`,
    async run(create) {
      const map = await create(specOf(type, 1000));
      const keys = Array.from({ length: 300 }, (_, index) => index);
      await map.setMany([]);
      await map.setMany(keys.map((key) => [key, BigInt(key)] as const));
      deepEqual(
        await sortedEntries(map),
        keys.map((key) => [key, BigInt(key)]),
      );
      equal(await map.deleteMany([0, 1000, 1, 1001, 2]), 3);
      equal(await map.deleteMany([]), 0);
      equal((await entriesOf(map)).length, 297);
    },
  },
  {
    name: `${type}: refuses what its codecs do not take`,
    async run(create) {
      const map = await create(specOf(type, 4));
      throwsCode("invalid-argument", () => map.set(-1, 0n));
      throwsCode("invalid-argument", () => map.set(1, 1n << 64n));
      throwsCode("invalid-argument", () => map.get(0.5));
    },
  },
]);

const limitCases: readonly ContractCase<MapFactory>[] = [
  {
    name: "hash: is full with maxEntries, and still replaces",
    async run(create) {
      const map = await create(specOf("hash", 2));
      map.set(1, 10n);
      map.set(2, 20n);
      throwsCode("map-full", () => map.set(3, 30n));
      map.set(2, 21n);
      deepEqual(await sortedEntries(map), [
        [1, 10n],
        [2, 21n],
      ]);
      map.delete(1);
      map.set(3, 30n);
      equal(map.get(3), 30n);
    },
  },
  {
    name: "hash: setMany fails at the entry that does not fit, and keeps those before it",
    async run(create) {
      const map = await create(specOf("hash", 2));
      const entries = [1, 2, 3, 4].map((key) => [key, BigInt(key)] as const);
      await rejects(map.setMany(entries), { code: "map-full", operation: "set 3" });
      deepEqual(await sortedEntries(map), [
        [1, 1n],
        [2, 2n],
      ]);
    },
  },
  {
    name: "lru_hash: makes room for what is new",
    async run(create) {
      const map = await create(specOf("lru_hash", 16));
      for (let key = 0; key < 200; key++) {
        map.set(key, BigInt(key));
        equal(map.get(key), BigInt(key));
      }
      const entries = await entriesOf(map);
      ok(entries.length > 0 && entries.length <= 16, String(entries.length));
    },
  },
];

const arrayCases: readonly ContractCase<MapFactory>[] = [
  {
    name: "array: has all its indexes from the beginning",
    async run(create) {
      const map = await create(specOf("array", 3));
      equal(map.get(2), 0n);
      map.set(1, 7n);
      deepEqual(await sortedEntries(map), [
        [0, 0n],
        [1, 7n],
        [2, 0n],
      ]);
    },
  },
  {
    name: "array: has nothing beyond its end",
    async run(create) {
      const map = await create(specOf("array", 3));
      equal(map.get(3), undefined);
      equal(map.has(3), false);
      throwsCode("key-out-of-range", () => map.set(3, 1n));
    },
  },
  {
    name: "array: neither creates nor deletes",
    async run(create) {
      const map = await create(specOf("array", 3));
      throwsCode("key-exists", () => map.set(0, 1n, { mode: "create" }));
      map.set(0, 1n, { mode: "replace" });
      throwsCode("invalid-argument", () => map.delete(0));
      throwsCode("invalid-argument", () => map.take(0));
      await rejects(map.deleteMany([0]), { code: "invalid-argument" });
      equal(map.get(0), 1n);
    },
  },
];

const wide: Prefix = { length: 8, address: [10, 0, 0, 0] };
const narrow: Prefix = { length: 20, address: [10, 1, 16, 0] };
const host = (...address: readonly number[]): Prefix => ({ length: 32, address });

const trieCases: readonly ContractCase<MapFactory>[] = [
  {
    name: "lpm_trie: finds the longest prefix",
    async run(create) {
      const map = await create(trieSpec(8));
      map.set(wide, 8n);
      map.set(narrow, 20n);
      equal(map.get(host(10, 1, 17, 1)), 20n);
      equal(map.get(host(10, 1, 32, 1)), 8n);
      equal(map.get(host(11, 0, 0, 1)), undefined);
      equal(map.get(narrow), 20n);
      equal(map.get({ ...narrow, length: 19 }), 8n);
      map.set({ length: 0, address: [0, 0, 0, 0] }, 0n);
      equal(map.get(host(11, 0, 0, 1)), 0n);
    },
  },
  {
    name: "lpm_trie: replaces, deletes and lists exactly",
    async run(create) {
      const map = await create(trieSpec(8));
      map.set(wide, 1n);
      map.set(narrow, 2n);
      map.set(wide, 3n);
      equal(map.delete({ ...wide, length: 9 }), false);
      deepEqual(
        new Map((await entriesOf(map)).map(([key, value]) => [key.length, value])),
        new Map([
          [8, 3n],
          [20, 2n],
        ]),
      );
      equal(map.delete(narrow), true);
      equal(map.get(narrow), 3n);
      throwsCode("invalid-argument", () => map.take(wide));
      equal(await map.deleteMany([narrow, wide]), 1);
      deepEqual(await entriesOf(map), []);
    },
  },
  {
    name: "lpm_trie: is full with maxEntries, and takes no prefix longer than its key",
    async run(create) {
      const map = await create(trieSpec(2));
      throwsCode("invalid-argument", () => map.set({ length: 33, address: [0, 0, 0, 0] }, 0n));
      map.set(wide, 1n);
      map.set(narrow, 2n);
      throwsCode("map-full", () => map.set(host(1, 2, 3, 4), 3n));
    },
  },
];

/** The cases for maps with one value per key. */
export const mapContract: readonly ContractCase<MapFactory>[] = [
  ...hashCases,
  ...limitCases,
  ...arrayCases,
  ...trieCases,
];

const anyPerCpu: readonly PerCpuMapType[] = ["percpu_hash", "lru_percpu_hash"];

/** The cases for maps with one value per key and CPU. */
export const perCpuMapContract: readonly ContractCase<PerCpuMapFactory>[] = [
  ...anyPerCpu.map((type): ContractCase<PerCpuMapFactory> => ({
    name: `${type}: keeps a value per CPU, and folds them`,
    async run(create) {
      const map = await create(perCpuSpec(type, 8));
      const values = Array.from({ length: map.cpus }, (_, cpu) => cpu + 1);
      equal(map.get(5), undefined);
      equal(map.fold(5, Math.max, 0), undefined);
      map.set(5, values);
      deepEqual(map.get(5), values);
      equal(
        map.fold(5, (sum, value) => sum + value, 0),
        (map.cpus * (map.cpus + 1)) / 2,
      );
      deepEqual(await entriesOf(map), [[5, values]]);
      await map.setMany([[6, values]]);
      deepEqual(map.get(6), values);
      equal(map.delete(5), true);
      deepEqual(map.take(6), values);
      equal(await map.deleteMany([5, 6]), 0);
    },
  })),
  {
    name: "percpu_array: begins with zeros",
    async run(create) {
      const map = await create(perCpuSpec("percpu_array", 2));
      const zeros = Array.from({ length: map.cpus }, () => 0);
      deepEqual(map.get(1), zeros);
      equal(map.get(2), undefined);
      throwsCode("key-out-of-range", () => map.set(2, zeros));
      throwsCode("invalid-argument", () => map.delete(1));
      deepEqual(await sortedEntries(map), [
        [0, zeros],
        [1, zeros],
      ]);
    },
  },
  {
    name: "percpu_hash: takes a value for each CPU, and no more",
    async run(create) {
      const map = await create(perCpuSpec("percpu_hash", 2));
      throwsCode("invalid-argument", () =>
        map.set(
          1,
          Array.from({ length: map.cpus + 1 }, () => 0),
        ),
      );
    },
  },
];
