import { equal } from "node:assert/strict";
import { u32 } from "./codecs.ts";
import { type ContractCase, type MaybePromise, throwsCode } from "./contract-case.ts";
import type { BloomFilter, BloomFilterSpec, QueueSpec, ValueQueue } from "./queue-types.ts";

/** Makes an empty queue or stack. */
export type QueueFactory = <V>(spec: QueueSpec<V>) => MaybePromise<ValueQueue<V>>;

/** Makes an empty bloom filter. */
export type BloomFilterFactory = <V>(spec: BloomFilterSpec<V>) => MaybePromise<BloomFilter<V>>;

function specOf(type: QueueSpec<number>["type"], maxEntries: number): QueueSpec<number> {
  return { name: `test_${type}`, type, maxEntries, flags: 0, value: u32 };
}

function drain<V>(queue: ValueQueue<V>): V[] {
  const values: V[] = [];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) values.push(value);
  return values;
}

const order = { queue: [1, 2, 3], stack: [3, 2, 1] } as const;
const overwritten = { queue: [2, 3], stack: [3, 2] } as const;

/** The cases for queues and stacks. */
export const queueContract: readonly ContractCase<QueueFactory>[] = (
  ["queue", "stack"] as const
).flatMap((type): ContractCase<QueueFactory>[] => [
  {
    name: `${type}: gives back what was pushed, in its order`,
    async run(create) {
      const queue = await create(specOf(type, 8));
      equal(queue.pop(), undefined);
      equal(queue.peek(), undefined);
      for (const value of [1, 2, 3]) queue.push(value);
      equal(queue.peek(), order[type][0]);
      equal(queue.peek(), order[type][0]);
      equal(drain(queue).join(), order[type].join());
    },
  },
  {
    name: `${type}: is full with maxEntries, and drops the oldest where told so`,
    async run(create) {
      const queue = await create(specOf(type, 2));
      queue.push(1);
      queue.push(2);
      throwsCode("map-full", () => queue.push(3));
      queue.push(3, { overwrite: true });
      equal(drain(queue).join(), overwritten[type].join());
    },
  },
  {
    name: `${type}: refuses what its codec does not take`,
    async run(create) {
      const queue = await create(specOf(type, 2));
      throwsCode("invalid-argument", () => queue.push(-1));
    },
  },
]);

/** The cases for bloom filters. */
export const bloomFilterContract: readonly ContractCase<BloomFilterFactory>[] = [
  {
    name: "bloom_filter: knows what was added, and hardly anything else",
    async run(create) {
      const spec = {
        name: "test_bloom",
        type: "bloom_filter",
        maxEntries: 1000,
        flags: 0,
      } as const;
      const filter = await create({ ...spec, value: u32 });
      equal(filter.mightContain(1), false);
      for (let value = 0; value < 1000; value++) filter.add(value);
      let mistaken = 0;
      for (let value = 0; value < 1000; value++) {
        equal(filter.mightContain(value), true);
        mistaken += Number(filter.mightContain(value + 1_000_000));
      }
      equal(mistaken < 100, true);
      throwsCode("invalid-argument", () => filter.add(-1));
    },
  },
];
