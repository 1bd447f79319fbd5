import { constants } from "node:os";
import { decodeFromBytes } from "./codec.ts";
import { kernelError } from "./errors.ts";
import { fullExplanation } from "./kernel-queue.ts";
import { encodeParts } from "./map-shape.ts";
import type {
  BloomFilter,
  BloomFilterSpec,
  PushOptions,
  QueueSpec,
  ValueQueue,
} from "./queue-types.ts";

/** A queue or a stack in memory, for tests. */
export function createMemoryQueue<V>(spec: QueueSpec<V>): ValueQueue<V> {
  return new MemoryQueue(spec);
}

/** A bloom filter in memory, for tests; it takes nothing for a member that was not added. */
export function createMemoryBloomFilter<V>(spec: BloomFilterSpec<V>): BloomFilter<V> {
  const members = new Set<string>();
  const textOf = (value: V): string =>
    Buffer.from(encodeParts(spec.name, "value", spec.value, [value])).toString("latin1");
  return {
    name: spec.name,
    maxEntries: spec.maxEntries,
    spec,
    add: (value) => void members.add(textOf(value)),
    mightContain: (value) => members.has(textOf(value)),
  };
}

class MemoryQueue<V> implements ValueQueue<V> {
  readonly name: string;
  readonly maxEntries: number;
  readonly spec: QueueSpec<V>;
  /** The oldest first. */
  readonly #values: Uint8Array[] = [];

  constructor(spec: QueueSpec<V>) {
    this.spec = spec;
    this.name = spec.name;
    this.maxEntries = spec.maxEntries;
  }

  push(value: V, options: PushOptions = {}): void {
    const encoded = encodeParts(this.name, "value", this.spec.value, [value]);
    if (this.#values.length >= this.maxEntries) {
      if (options.overwrite !== true) throw this.#full();
      this.#values.shift();
    }
    this.#values.push(encoded);
  }

  pop(): V | undefined {
    const value = this.spec.type === "queue" ? this.#values.shift() : this.#values.pop();
    return this.#decode(value);
  }

  peek(): V | undefined {
    return this.#decode(this.#values.at(this.spec.type === "queue" ? 0 : -1));
  }

  #decode(value: Uint8Array | undefined): V | undefined {
    return value === undefined ? undefined : decodeFromBytes(this.spec.value, value);
  }

  #full(): Error {
    const attempt = { operation: "push to", subject: `map ${this.name}` };
    return kernelError(attempt, constants.errno.E2BIG, {
      E2BIG: fullExplanation(this.maxEntries),
    });
  }
}
