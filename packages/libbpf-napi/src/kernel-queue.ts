import { addon } from "./addon.ts";
import type { Codec } from "./codec.ts";
import type { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import { type Attempt, check, type Explanation, kernelError } from "./errors.ts";
import { newDescriptor } from "./kernel-map.ts";
import { KernelMapBase } from "./kernel-map-base.ts";
import { decodeAt, encodeParts } from "./map-shape.ts";
import type {
  BloomFilterSpec,
  KernelBloomFilter,
  KernelQueue,
  PushOptions,
  QueueSpec,
} from "./queue-types.ts";

/**
 * Makes a queue or a stack in the kernel, without any object.
 *
 * @throws {BpfError} `not-permitted`, `unsupported-feature` before Linux 4.20
 */
export async function createQueue<V>(spec: QueueSpec<V>): Promise<KernelQueue<V>> {
  return queueOf(await newDescriptor(spec), spec);
}

/**
 * Makes a bloom filter in the kernel, without any object.
 *
 * @throws {BpfError} `not-permitted`, `unsupported-feature` before Linux 5.16
 */
export async function createBloomFilter<V>(
  spec: BloomFilterSpec<V>,
): Promise<KernelBloomFilter<V>> {
  return bloomFilterOf(await newDescriptor(spec, { extra: spec.hashes }), spec);
}

/** The handle of a queue or stack that was checked to be what `spec` says. */
export function queueOf<V>(descriptor: Descriptor, spec: QueueSpec<V>): KernelQueue<V> {
  return new KeylessMap(descriptor, spec);
}

/** The handle of a bloom filter that was checked to be what `spec` says. */
export function bloomFilterOf<V>(
  descriptor: Descriptor,
  spec: BloomFilterSpec<V>,
): KernelBloomFilter<V> {
  return new Filter(descriptor, spec);
}

/** `BPF_ANY` and `BPF_EXIST` of linux/bpf.h. */
const pushFlags = { keep: 0, overwrite: 2 } as const;

/** The error for a value that a full queue or stack did not take. */
export function fullExplanation(maxEntries: number): Explanation {
  return {
    code: "map-full",
    reason: `it is full with ${String(maxEntries)} values`,
    hint: "push with overwrite, or give it more maxEntries",
  };
}

class KeylessMap<V> extends KernelMapBase implements KernelQueue<V> {
  readonly name: string;
  readonly maxEntries: number;
  readonly spec: QueueSpec<V>;
  readonly #descriptor: Descriptor;
  readonly #codec: Codec<V>;

  constructor(descriptor: Descriptor, spec: QueueSpec<V>) {
    super(descriptor);
    this.#descriptor = descriptor;
    this.#codec = spec.value;
    this.spec = spec;
    this.name = spec.name;
    this.maxEntries = spec.maxEntries;
  }

  push(value: V, options: PushOptions = {}): void {
    const attempt = this.#attempt("push to");
    const encoded = encodeParts(this.name, "value", this.#codec, [value]);
    const flags = options.overwrite === true ? pushFlags.overwrite : pushFlags.keep;
    check(attempt, addon().mapPush(this.#descriptor.number(attempt.operation), encoded, flags), {
      E2BIG: fullExplanation(this.maxEntries),
    });
  }

  pop(): V | undefined {
    return this.#next("pop from", (fd, value) => addon().mapTake(fd, undefined, value));
  }

  peek(): V | undefined {
    return this.#next("peek into", (fd, value) => addon().mapPeek(fd, value));
  }

  #next(operation: string, read: (fd: number, value: Uint8Array) => number): V | undefined {
    const attempt = this.#attempt(operation);
    const value = new Uint8Array(this.#codec.size);
    const result = read(this.#descriptor.number(operation), value);
    if (result === 0) return decodeAt(this.#codec, value, 0);
    if (errnoName(-result) === "ENOENT") return undefined;
    throw kernelError(attempt, -result);
  }

  #attempt(operation: string): Attempt {
    return { operation, subject: `map ${this.name}` };
  }
}

class Filter<V> extends KernelMapBase implements KernelBloomFilter<V> {
  readonly name: string;
  readonly maxEntries: number;
  readonly spec: BloomFilterSpec<V>;
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor, spec: BloomFilterSpec<V>) {
    super(descriptor);
    this.#descriptor = descriptor;
    this.spec = spec;
    this.name = spec.name;
    this.maxEntries = spec.maxEntries;
  }

  add(value: V): void {
    const attempt = { operation: "add to", subject: `map ${this.name}` };
    const fd = this.#descriptor.number(attempt.operation);
    check(attempt, addon().mapPush(fd, this.#encode(value), 0));
  }

  mightContain(value: V): boolean {
    const attempt = { operation: "look into", subject: `map ${this.name}` };
    const fd = this.#descriptor.number(attempt.operation);
    const result = addon().mapPeek(fd, this.#encode(value));
    if (result === 0) return true;
    if (errnoName(-result) === "ENOENT") return false;
    throw kernelError(attempt, -result);
  }

  #encode(value: V): Uint8Array {
    return encodeParts(this.name, "value", this.spec.value, [value]);
  }
}
