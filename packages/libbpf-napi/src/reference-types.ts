import type { InterfaceIndex } from "@heddle/contracts";
import type { Codec } from "./codec.ts";
import type { KernelMapHandle, MapScan, WriteOptions } from "./map-types.ts";
import type { Program } from "./program-types.ts";
import type { NamedMapSpec } from "./spec.ts";

/** A handle, or the id of one that is open elsewhere. */
export type HandleOrId<H> = H | number;

/** Where a device map sends packets. */
export interface DeviceTarget {
  readonly ifindex: InterfaceIndex;
  /** An XDP program of type `xdp/devmap`, run on each packet before it is sent. @defaultValue none */
  readonly program?: HandleOrId<Program>;
}

/** What a device map says of an entry. */
export interface FoundDevice {
  readonly ifindex: InterfaceIndex;
  /** The id of the program that runs before sending; undefined without one. */
  readonly programId: number | undefined;
}

/** How a CPU map's CPU takes packets. */
export interface CpuTarget {
  /** How many packets may wait for it; 1 to 16384. */
  readonly queueSize: number;
  /** An XDP program of type `xdp/cpumap`, run there on each packet. @defaultValue none */
  readonly program?: HandleOrId<Program>;
}

/** What a CPU map says of an entry. */
export interface FoundCpu {
  readonly queueSize: number;
  /** The id of the program that runs there; undefined without one. */
  readonly programId: number | undefined;
}

/** By type, what an entry is set to, and what the kernel says of it. */
export interface ReferenceKinds {
  /** Programs to tail-call; told as their ids. */
  readonly prog_array: { readonly target: HandleOrId<Program>; readonly found: number };
  /** Maps; told as their ids. */
  readonly array_of_maps: {
    readonly target: HandleOrId<KernelMapHandle>;
    readonly found: number;
  };
  /** Maps; told as their ids. */
  readonly hash_of_maps: {
    readonly target: HandleOrId<KernelMapHandle>;
    readonly found: number;
  };
  /** Network interfaces, by index. */
  readonly devmap: { readonly target: DeviceTarget; readonly found: FoundDevice };
  /** Network interfaces, by whatever number. */
  readonly devmap_hash: { readonly target: DeviceTarget; readonly found: FoundDevice };
  /** CPUs, by number. */
  readonly cpumap: { readonly target: CpuTarget; readonly found: FoundCpu };
  /** Descriptors of TCP, UDP or Unix sockets; told as their cookies (`SO_COOKIE`). */
  readonly sockmap: { readonly target: number; readonly found: bigint };
  /** Descriptors of TCP, UDP or Unix sockets; told as their cookies (`SO_COOKIE`). */
  readonly sockhash: { readonly target: number; readonly found: bigint };
  /** Descriptors of AF_XDP sockets; the kernel does not tell them. */
  readonly xskmap: { readonly target: number; readonly found: never };
  /** Descriptors of folders of the cgroup file system; the kernel does not tell them. */
  readonly cgroup_array: { readonly target: number; readonly found: never };
  /** Descriptors of perf events; the kernel does not tell them. */
  readonly perf_event_array: { readonly target: number; readonly found: never };
}

/** Map types whose values refer to things in the kernel. */
export type ReferenceMapType = keyof ReferenceKinds;

/** What a program's source says of a map whose values refer to things in the kernel. */
export interface ReferenceMapSpec<K, T extends ReferenceMapType> extends NamedMapSpec {
  readonly type: T;
  /** Entries; of a `perf_event_array`, 0 stands for all possible CPUs. */
  readonly maxEntries: number;
  /** Of all types but `hash_of_maps` and `sockhash` an unsigned 32-bit integer. */
  readonly key: Codec<K>;
  /**
   * Bytes. Devices and CPUs with programs, and cookies of sockets, need 8.
   *
   * @defaultValue 8 for devices, CPUs and sockets of `sockmap` and `sockhash`; 4 for all else
   */
  readonly valueSize?: 4 | 8;
}

/** A map whose values refer to things in the kernel: programs, maps, devices, CPUs, sockets. */
export interface ReferenceMap<K, T extends ReferenceMapType> {
  readonly name: string;
  /** How many entries fit. */
  readonly maxEntries: number;
  readonly spec: ReferenceMapSpec<K, T>;
  /**
   * Of `devmap`, `devmap_hash` and `cpumap`, the kernel takes the mode `replace` for `any`, and to
   * `devmap` and `cpumap` all keys are there already. The other arrays but `sockmap` and `xskmap` take
   * no mode but `any`.
   *
   * @throws {BpfError} `map-full`, `key-out-of-range`, `key-exists`, `key-missing`, or
   * `invalid-argument` for what this map does not refer to, such as a map unlike the others in it
   */
  set(key: K, target: ReferenceKinds[T]["target"], options?: WriteOptions): void;
  /**
   * What the entry refers to; undefined without one.
   *
   * @throws {BpfError} `invalid-argument` for a type of which the kernel does not tell
   */
  get(key: K): ReferenceKinds[T]["found"] | undefined;
  /**
   * Whether the key was there; of `xskmap` always true, for the kernel does not tell.
   *
   * @throws {BpfError} `key-out-of-range` beyond an array
   */
  delete(key: K): boolean;
  /** All entries that refer to something, in no particular order. */
  entries(): MapScan<K, ReferenceKinds[T]["found"]>;
}

/** A handle of a map whose values refer to things in the kernel. */
export interface KernelReferenceMap<K, T extends ReferenceMapType>
  extends ReferenceMap<K, T>, KernelMapHandle {}
