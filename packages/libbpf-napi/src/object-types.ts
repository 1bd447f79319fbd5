import type { AttachTarget } from "./attach-target-types.ts";
import type { ArenaSpec, KernelArena } from "./arena.ts";
import type { BtfValue } from "./btf-codec.ts";
import type { Handle } from "./handle.ts";
import type { Link } from "./link-types.ts";
import type { MapTraits } from "./map-check.ts";
import type { MappedMemory } from "./mapped-memory.ts";
import type { KernelMap, KernelPerCpuMap, KernelRingBuffer } from "./map-types.ts";
import type { KernelPerfBuffer, PerfBufferSpec } from "./perf-buffer-types.ts";
import type { KernelUserRingBuffer, UserRingBufferSpec } from "./user-ring-buffer.ts";
import type { Program, ProgramDevice } from "./program-types.ts";
import type { BloomFilterSpec, KernelBloomFilter, KernelQueue, QueueSpec } from "./queue-types.ts";
import type { DecodedMap, RawMap } from "./raw-map-types.ts";
import type { KernelReferenceMap, ReferenceMapSpec, ReferenceMapType } from "./reference-types.ts";
import type { KernelStorageMap, StorageMapSpec } from "./storage-types.ts";
import type {
  MapSpec,
  ObjectMapSpec,
  PerCpuMapSpec,
  RingBufferSpec,
  VariableSection,
  VariableSpec,
} from "./spec.ts";

export interface OpenOptions {
  /**
   * How messages name the object.
   *
   * @defaultValue the file's name up to its first dot, or `object`
   */
  readonly name?: string;
  /**
   * A file with the kernel's type information, for a kernel that does not offer it.
   *
   * @defaultValue what the running kernel offers
   */
  readonly btfPath?: string;
  /**
   * Values of kernel options for `__kconfig` variables, as in a kernel's configuration:
   * `CONFIG_HZ=250` lines.
   *
   * @defaultValue what the running kernel says of itself; these come before it
   */
  readonly kconfig?: string;
  /**
   * Other names of maps, by their names in C: what they are called here from then on, and in the kernel. So two
   * objects of one file can be told apart.
   *
   * @defaultValue as in C
   */
  readonly renameMaps?: Readonly<Record<string, string>>;
}

/** A map as an object file defines it. */
export interface MapDefinition extends MapTraits {
  readonly name: string;
}

/** A global variable as an object file defines it, with a codec made from its type information. */
export interface VariableDefinition extends VariableSpec<BtfValue> {
  readonly name: string;
}

/**
 * A global variable of a loaded object, in the memory that the programs use. One of up to 8 bytes is
 * read and written as a whole; a larger one may be seen half written.
 *
 * Errors: `handle-closed` once the object was closed.
 */
export interface Variable<T> {
  get(): T;
  /** @throws {BpfError} `invalid-state` for one of `.rodata`, which is fixed once loaded */
  set(value: T): void;
}

/** A program as an object file defines it. */
export interface ProgramDefinition {
  readonly name: string;
  /** The ELF section, which says type and hook: `tcx/ingress`. */
  readonly section: string;
  /** As bpftool prints it: `sched_cls`. */
  readonly type: string;
  /** Whether {@link OpenedObject.load} loads it. */
  readonly autoload: boolean;
}

/**
 * An object file that was read and is not in the kernel yet: what decides how it is loaded can be
 * changed. Every method throws `invalid-state` once it was loaded or closed.
 */
export interface OpenedObject extends Disposable, AsyncDisposable {
  readonly name: string;
  /** Without those that libbpf makes for sections of variables. */
  readonly maps: readonly MapDefinition[];
  readonly programs: readonly ProgramDefinition[];
  /**
   * Sets what a global variable begins with; one of `.rodata` then keeps it.
   *
   * @throws {BpfError} `no-such-member` when the variable lies outside of its section
   */
  setVariable<T>(variable: VariableSpec<T>, value: T): void;
  /** Global variables that its type information describes. */
  readonly variables: readonly VariableDefinition[];
  /** A variable by its name in C. @throws {BpfError} `no-such-member` */
  findVariable(name: string): VariableDefinition;
  /** @throws {BpfError} `no-such-member`, or `kernel-error` for a map that cannot be resized */
  resizeMap(map: string, maxEntries: number): void;
  /**
   * Uses an existing map instead of making a new one.
   *
   * @throws {BpfError} `no-such-member`, or `incompatible-map` when it is not like the one defined here
   */
  reuseMap(map: string, existing: Handle): void;
  /**
   * Uses the map that is pinned at `path`; if there is none, the new map is pinned there by
   * {@link OpenedObject.load}. To be called after {@link OpenedObject.resizeMap}.
   *
   * @throws {BpfError} `no-such-member`, `not-bpffs`, or `incompatible-pin`, which names the field that differs
   */
  pinMap(map: string, path: string): void;
  /**
   * Chooses what a program of a section `fentry`, `fexit`, `fmod_ret`, `lsm` or `freplace` is
   * written against, where its section does not say it: a function of the kernel, or of a program.
   *
   * ```ts
   * await file.setAttachTarget("replacement", "count", xdp.program("count_packets"));
   * ```
   *
   * @param target the program that has the function; it may be closed at once
   * @throws {BpfError} `no-such-member`, `invalid-argument` when there is no such function
   */
  setAttachTarget(program: string, functionName: string, target?: Program): Promise<void>;
  /**
   * Whether to create a map. The verifier refuses a program that uses one that was not created,
   * unless a setting rules the place out.
   *
   * @throws {BpfError} `no-such-member`
   */
  setAutocreate(map: string, autocreate: boolean): void;
  /**
   * Loads an XDP program for a device alone: to run on it, or to ask it what it knows of packets.
   * {@link OpenedObject.load} throws `no-device`, or `unsupported-feature` for a device that cannot.
   *
   * ```ts
   * file.setDevice("look", { ifindex: interfaceIndex(2) });
   * ```
   *
   * @throws {BpfError} `no-such-member`, `invalid-argument` for devices of two network namespaces
   */
  setDevice(program: string, device: ProgramDevice): void;
  /** Whether to load a program. @throws {BpfError} `no-such-member` */
  setAutoload(program: string, autoload: boolean): void;
  /**
   * Creates the maps and loads the programs, off the event loop. Succeeds or fails as a whole; a
   * failure closes this object and leaves nothing in the kernel.
   *
   * @throws {BpfError} `verifier-rejected`, `not-permitted`, `no-kernel-btf`, `missing-extern`, `pin-exists`
   */
  load(): Promise<LoadedObject>;
  close(): void;
}

/** The maps and programs of an object, in the kernel. Closing it closes every handle that it gave out. */
export interface LoadedObject extends Disposable, AsyncDisposable {
  readonly name: string;
  /**
   * A map, by a spec that was generated, or by one that says only how keys and values are read:
   *
   * ```ts
   * const calls = object.map({ name: "calls", type: "hash", key: u32, value: u64 });
   * ```
   *
   * @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs
   */
  map<K, V>(spec: ObjectMapSpec<MapSpec<K, V>>): KernelMap<K, V>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  perCpuMap<K, V>(spec: ObjectMapSpec<PerCpuMapSpec<K, V>>): KernelPerCpuMap<K, V>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  ringBuffer<E>(spec: ObjectMapSpec<RingBufferSpec<E>>): KernelRingBuffer<E>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  queue<V>(spec: QueueSpec<V>): KernelQueue<V>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  bloomFilter<V>(spec: BloomFilterSpec<V>): KernelBloomFilter<V>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  referenceMap<K, T extends ReferenceMapType>(
    spec: ObjectMapSpec<ReferenceMapSpec<K, T>>,
  ): KernelReferenceMap<K, T>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  storageMap<V>(spec: StorageMapSpec<V>): KernelStorageMap<V>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  perfBuffer<E>(spec: PerfBufferSpec<E>): KernelPerfBuffer<E>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  userRingBuffer<E>(spec: UserRingBufferSpec<E>): KernelUserRingBuffer<E>;
  /** @throws {BpfError} `no-such-member`, or `incompatible-map`, which names the field that differs */
  arena(spec: ArenaSpec): KernelArena;
  /** A map of whatever type, for keys and values as bytes. @throws {BpfError} `no-such-member` */
  rawMap(name: string): RawMap;
  /**
   * A map for keys and values as its type information describes them.
   *
   * @throws {BpfError} `no-such-member`, or `incompatible-map` for a map without type information
   */
  decodedMap(name: string): DecodedMap;
  /** Global variables that its type information describes. */
  readonly variables: readonly VariableDefinition[];
  /** A variable by its name in C. @throws {BpfError} `no-such-member` */
  findVariable(name: string): VariableDefinition;
  /**
   * A global variable, to be read, and written while programs run.
   *
   * @throws {BpfError} `no-such-member` for a section that the object lacks, or that ends before
   */
  variable<T>(spec: VariableSpec<T>): Variable<T>;
  /**
   * The memory of all variables of a section, shared with the programs. It is closed with the object.
   *
   * @throws {BpfError} `no-such-member`, or `invalid-state` for `.rodata`, which is fixed once loaded
   */
  memory(section: VariableSection): MappedMemory;
  /** @throws {BpfError} `no-such-member`, also for a program that was not loaded */
  program(name: string): Program;
  /**
   * Attaches a program: to what its section says (`kprobe/vfs_read`, `fentry/vfs_read`, `usdt/...`),
   * or to `target`. Off the event loop. For hooks of devices, cgroups and network namespaces there
   * are {@link attachTcx}, {@link attachCgroup} and others. The link stays when the object is closed.
   *
   * ```ts
   * await using bySection = await object.attach("on_switch");
   * const target = { kind: "uprobe", file: "libc.so.6", function: "malloc" } as const;
   * await using byTarget = await object.attach("on_malloc", target);
   * ```
   *
   * @throws {BpfError} `no-such-member`; `invalid-argument` when there is no such target, or the
   * program is of another kind; `not-permitted`; {@link UnsupportedFeatureError}
   */
  attach(program: string, target?: AttachTarget): Promise<Link>;
  /**
   * Makes the kernel call the functions of a struct_ops map: a congestion control, a scheduler.
   *
   * ```ts
   * await using link = await object.attachStructOps("my_congestion");
   * ```
   *
   * @throws {BpfError} `no-such-member`, `kernel-error`
   */
  attachStructOps(map: string): Promise<Link>;
  close(): void;
}
