import { interfaceIndex } from "@heddle/contracts";
import { addon } from "./addon.ts";
import { decodeFromBytes } from "./codec.ts";
import { u32, u64 } from "./codecs.ts";
import { Descriptor } from "./descriptor.ts";
import { type Attempt, BpfError, check } from "./errors.ts";
import { descriptorOf, type Handle } from "./handle.ts";
import type { KernelMapHandle } from "./map-types.ts";
import type { Program } from "./program-types.ts";
import { type ReferenceRules, referenceRules } from "./reference-rules.ts";
import type {
  DeviceTarget,
  HandleOrId,
  ReferenceKinds,
  ReferenceMapType,
} from "./reference-types.ts";

/** The numbers that a value consists of, 4 bytes each unless there is but one. */
interface Encoded {
  readonly numbers: readonly number[];
  /** Opened for the value only, and closed when it is written. */
  readonly opened?: Descriptor;
}

/** How a type refers to things. */
export interface ReferenceKind<T extends ReferenceMapType> {
  /** Bytes of a value where the spec does not say. */
  readonly valueSize: 4 | 8;
  readonly rules: ReferenceRules;
  /** What the kernel's EINVAL means. */
  readonly refusal: string;
  /** Refuses what can be told without the kernel. */
  validate(target: ReferenceKinds[T]["target"], valueSize: number, attempt: Attempt): void;
  encode(target: ReferenceKinds[T]["target"], attempt: Attempt): Encoded;
  /** What the kernel tells of an entry that was set to `target`; undefined where it does not tell. */
  recall(target: ReferenceKinds[T]["target"]): ReferenceKinds[T]["found"] | undefined;
  /** Bytes that a value must have for the kernel to tell what it refers to. */
  readonly toldSize: 4 | 8;
  /** Undefined for a type of which the kernel does not tell. */
  readonly decode: ((value: Uint8Array) => ReferenceKinds[T]["found"]) | undefined;
}

const ids = (value: Uint8Array): number => decodeFromBytes(u32, value);

function fdOf(target: number): Encoded {
  return { numbers: [target] };
}

const anything = (): void => undefined;

function idOf(target: HandleOrId<{ info(): { readonly id: number } }>): number {
  return typeof target === "number" ? target : target.info().id;
}

/** A handle's descriptor, or one that is opened by its id. */
function reference(
  target: HandleOrId<Handle>,
  open: (id: number) => number,
  attempt: Attempt,
): Encoded {
  if (typeof target !== "number") {
    return { numbers: [descriptorOf(target, attempt.operation).number(attempt.operation)] };
  }
  const opened = new Descriptor(
    check(attempt, open(target), {
      ENOENT: { code: "invalid-argument", reason: `nothing has the id ${String(target)}` },
    }),
    `id ${String(target)}`,
  );
  return { numbers: [opened.number(attempt.operation)], opened };
}

/** A number and, where there is one, a program. */
function withProgram(
  first: number,
  program: HandleOrId<Program> | undefined,
  attempt: Attempt,
): Encoded {
  if (program === undefined) return { numbers: [first] };
  const { numbers, ...rest } = reference(program, (id) => addon().programById(id), attempt);
  return { numbers: [first, ...numbers], ...rest };
}

/** Refuses a program for which values have no room. */
function checkRoom(program: unknown, valueSize: number, attempt: Attempt): void {
  if (program === undefined || valueSize >= 2 * u32.size) return;
  throw new BpfError({
    ...attempt,
    code: "invalid-argument",
    reason: "its values of 4 bytes have no room for a program",
  });
}

/** The kernel's limit, in kernel/bpf/cpumap.c; it takes 0 for the deletion of the entry. */
const maxQueueSize = 16_384;

function checkQueueSize(queueSize: number, attempt: Attempt): void {
  if (queueSize >= 1 && queueSize <= maxQueueSize) return;
  throw new BpfError({
    ...attempt,
    code: "invalid-argument",
    reason: `a CPU's queue has room for 1 to ${String(maxQueueSize)} packets, not ${String(queueSize)}`,
  });
}

function programIdOf(value: Uint8Array): number | undefined {
  if (value.length < 8) return undefined;
  const id = decodeFromBytes(u32, value.subarray(4));
  return id === 0 ? undefined : id;
}

function programs(): ReferenceKind<"prog_array"> {
  return {
    valueSize: 4,
    toldSize: 4,
    rules: referenceRules.prog_array,
    refusal: "it takes programs of one type only, which its first program decides",
    validate: anything,
    encode: (target, attempt) => reference(target, (id) => addon().programById(id), attempt),
    decode: ids,
    recall: idOf,
  };
}

function maps<T extends "array_of_maps" | "hash_of_maps">(type: T): ReferenceKind<T> {
  return {
    valueSize: 4,
    toldSize: 4,
    rules: referenceRules[type],
    refusal: "it takes maps like the one that it was made with: type, sizes, flags, entries",
    validate: anything,
    encode: (target: HandleOrId<KernelMapHandle>, attempt: Attempt) =>
      reference(target, (id) => addon().mapById(id), attempt),
    decode: ids,
    recall: idOf,
  };
}

function devices<T extends "devmap" | "devmap_hash">(type: T): ReferenceKind<T> {
  return {
    valueSize: 8,
    toldSize: 4,
    rules: referenceRules[type],
    refusal: "there is no such device here, or the program is not of type xdp/devmap",
    validate: ({ program }: DeviceTarget, valueSize: number, attempt: Attempt) =>
      checkRoom(program, valueSize, attempt),
    encode: ({ ifindex, program }: DeviceTarget, attempt: Attempt) =>
      withProgram(ifindex, program, attempt),
    recall: ({ ifindex, program }: DeviceTarget) => ({
      ifindex,
      programId: program === undefined ? undefined : idOf(program),
    }),
    decode: (value) => ({
      ifindex: interfaceIndex(ids(value)),
      programId: programIdOf(value),
    }),
  };
}

function cpus(): ReferenceKind<"cpumap"> {
  return {
    valueSize: 8,
    toldSize: 4,
    rules: referenceRules.cpumap,
    refusal: "the program is not of type xdp/cpumap",
    validate({ queueSize, program }, valueSize, attempt) {
      checkQueueSize(queueSize, attempt);
      checkRoom(program, valueSize, attempt);
    },
    encode: ({ queueSize, program }, attempt) => withProgram(queueSize, program, attempt),
    recall: ({ queueSize, program }) => ({
      queueSize,
      programId: program === undefined ? undefined : idOf(program),
    }),
    decode: (value) => ({ queueSize: ids(value), programId: programIdOf(value) }),
  };
}

function sockets<T extends "sockmap" | "sockhash">(type: T): ReferenceKind<T> {
  return {
    valueSize: 8,
    toldSize: 8,
    rules: referenceRules[type],
    refusal: "the descriptor is of no socket that a map can hold",
    validate: anything,
    encode: fdOf,
    // A cookie is as good as another one where there is no socket.
    recall: BigInt,
    decode: (value) => decodeFromBytes(u64, value),
  };
}

function untold<T extends "xskmap" | "cgroup_array" | "perf_event_array">(
  type: T,
  refusal: string,
): ReferenceKind<T> {
  return {
    valueSize: 4,
    toldSize: 4,
    rules: referenceRules[type],
    refusal,
    validate: anything,
    encode: fdOf,
    decode: undefined,
    recall: () => undefined,
  };
}

export const referenceKinds: { readonly [T in ReferenceMapType]: ReferenceKind<T> } = {
  prog_array: programs(),
  array_of_maps: maps("array_of_maps"),
  hash_of_maps: maps("hash_of_maps"),
  devmap: devices("devmap"),
  devmap_hash: devices("devmap_hash"),
  cpumap: cpus(),
  sockmap: sockets("sockmap"),
  sockhash: sockets("sockhash"),
  xskmap: untold("xskmap", "the descriptor is of no AF_XDP socket"),
  cgroup_array: untold("cgroup_array", "the descriptor is of no folder of a cgroup file system"),
  perf_event_array: untold("perf_event_array", "the descriptor is of no perf event"),
};

/** The value's bytes in a map whose values have `size` of them. */
export function encodeReference({ numbers }: Encoded, size: number): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(size);
  const view = new DataView(value.buffer);
  for (const [index, number] of numbers.entries()) u32.encode(number, view, index * u32.size);
  return value;
}
