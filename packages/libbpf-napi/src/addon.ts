import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Created, LinkFunctions, NativeLinkTarget } from "./addon-links.ts";
import { BpfError } from "./errors.ts";

/**
 * Changes with every function's arguments or result; the same number stands in native/src/addon.c.
 */
const interfaceVersion = 7;

/** What the addon holds for an opened object file. */
export type NativeObject = { readonly __object: never };
/** What the addon holds for an open ring buffer. */
type NativeRing = { readonly __ring: never };

/** What the addon holds for an open perf buffer. */
export type NativePerf = { readonly __perf: never };
/** What the addon holds for an open user ring buffer. */
type NativeUserRing = { readonly __userRing: never };

/** The end of work off the event loop. */
export interface Outcome {
  /** A positive error number, or 0. */
  readonly error: number;
  /** What libbpf printed. */
  readonly log: string;
}

export interface NativeMapDefinition {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** Made by libbpf for a section of variables. */
  readonly internal: boolean;
}

interface NativeProgramDefinition {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly autoload: boolean;
}

export interface NativeMapInfo extends NativeDevice {
  readonly name: string;
  readonly id: number;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** 0 without a device. */
export interface NativeDevice {
  readonly ifindex: number;
  readonly netnsDevice: bigint;
  readonly netnsInode: bigint;
}

export interface NativeProgramInfo extends NativeDevice {
  readonly name: string;
  readonly id: number;
  readonly type: number;
  readonly tag: string;
  readonly loadTime: bigint;
  readonly runCount: bigint;
  readonly runTime: bigint;
  readonly recursionMisses: bigint;
  readonly translatedSize: number;
  readonly jitedSize: number;
  readonly verifiedInstructions: number;
  readonly btfId: number;
  readonly mapIds: Uint32Array;
}

export interface NativeLinkInfo extends NativeLinkTarget {
  readonly id: number;
  readonly type: number;
  readonly programId: number;
  readonly ifindex?: number;
  readonly attachType?: number;
  readonly cgroupId?: bigint;
}

export interface NativeRead extends Outcome {
  readonly count: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  /** Where the next read goes on. */
  readonly position: Uint8Array;
  readonly done: boolean;
  /** The map has no batches: it is read key by key. */
  readonly single: boolean;
}

export interface NativeBatch {
  readonly data: Uint8Array;
  readonly sizes: Uint32Array;
}

/** What was in the buffer of one CPU. */
export interface NativePerfBatch extends NativeBatch {
  readonly cpu: number;
  readonly lost: bigint;
  /** A positive error number, or 0. */
  readonly error: number;
}

/**
 * The functions of native/src. What returns a number returns a negative error number on failure.
 * Descriptors are borrowed, and duplicated for work in flight, unless said otherwise.
 */
export interface Addon extends LinkFunctions {
  readonly interfaceVersion: number;
  readonly libbpfVersion: string;

  objectOpen(
    bytes: Uint8Array,
    name: string,
    btfPath: string | undefined,
    kconfig: Uint8Array | undefined,
  ): Promise<Outcome & { readonly object?: NativeObject }>;
  objectLoad(object: NativeObject, netns: string | undefined): Promise<Outcome>;
  objectClose(object: NativeObject): void;
  objectMaps(object: NativeObject): readonly NativeMapDefinition[];
  objectPrograms(object: NativeObject): readonly NativeProgramDefinition[];
  objectResizeMap(object: NativeObject, map: string, maxEntries: number): number;
  objectReuseMap(object: NativeObject, map: string, fd: number): number;
  objectAutoload(object: NativeObject, program: string, load: boolean): number;
  objectWriteVariable(
    object: NativeObject,
    section: string,
    offset: number,
    bytes: Uint8Array,
  ): number;
  /** A descriptor of the caller's own. */
  objectMapFd(object: NativeObject, map: string): number;
  /** A descriptor of the caller's own. */
  objectProgramFd(object: NativeObject, program: string): number;

  possibleCpus(): number;
  /** A descriptor of the caller's own. */
  mapCreate(
    type: number,
    name: string,
    keySize: number,
    valueSize: number,
    maxEntries: number,
    flags: number,
  ): number;
  /** `value` must have room for what the map holds. */
  mapLookup(fd: number, key: Uint8Array, value: Uint8Array): number;
  mapUpdate(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number;
  mapDelete(fd: number, key: Uint8Array): number;
  mapFreeze(fd: number): number;
  mapInfo(fd: number): NativeMapInfo | number;
  mapRead(
    fd: number,
    keySize: number,
    valueSize: number,
    count: number,
    single: boolean,
    position: Uint8Array | undefined,
  ): Promise<NativeRead>;
  mapUpdateMany(
    fd: number,
    count: number,
    keys: Uint8Array,
    values: Uint8Array,
  ): Promise<Outcome & { readonly count: number }>;
  mapDeleteMany(
    fd: number,
    count: number,
    keys: Uint8Array,
  ): Promise<Outcome & { readonly count: number; readonly deleted: number }>;
  btfData(id: number): Uint8Array | number;
  /** No key for a map without keys. `value` must have room for what the map holds. */
  mapTake(fd: number, key: Uint8Array | undefined, value: Uint8Array): number;
  mapPush(fd: number, value: Uint8Array, flags: number): number;
  /** `value` must have room for what the map holds; of a bloom filter it is what is asked for. */
  mapPeek(fd: number, value: Uint8Array): number;
  /** An inner map of -1 stands for none. */
  mapCreateWith(
    type: number,
    name: string,
    keySize: number,
    valueSize: number,
    maxEntries: number,
    flags: number,
    extra: bigint,
    innerFd: number,
    described: boolean,
  ): Promise<Created>;
  /** A descriptor of the caller's own. */
  mapById(id: number): number;
  /** 1 or 0: whether the kernel has maps of the type. */
  probeMapType(type: number): number;
  /** A descriptor of the caller's own of the process with this number. */
  taskOpen(pid: number): number;
  /** Shared with programs until it is released. */
  memoryMap(fd: number, size: number): ArrayBuffer | number;
  memoryRelease(buffer: ArrayBuffer): void;
  /** Bound to the device, or offloaded to it. */
  objectDevice(object: NativeObject, program: string, ifindex: number, offload: boolean): number;
  objectAutocreate(object: NativeObject, map: string, create: boolean): number;
  perfOpen(fd: number, pages: number, readable: () => void): NativePerf | number;
  perfWatch(perf: NativePerf, watch: boolean, keepAlive: boolean): number;
  /** Of the CPUs that had something. */
  perfRead(perf: NativePerf): readonly NativePerfBatch[] | number;
  perfClose(perf: NativePerf): void;
  userRingOpen(fd: number): NativeUserRing | number;
  /** The number of the reserved record. */
  userRingReserve(ring: NativeUserRing, size: number): number;
  /** Without bytes the record is discarded. */
  userRingSubmit(ring: NativeUserRing, place: number, bytes: Uint8Array | undefined): number;
  userRingClose(ring: NativeUserRing): void;
  /** Shared with programs until it is released; the object must be loaded. */
  objectArena(object: NativeObject, map: string): ArrayBuffer | number;
  memoryAddress(buffer: ArrayBuffer): bigint;
  pageSize(): number;

  /** A descriptor of the caller's own. */
  programLoad(type: number, name: string, instructions: Uint8Array): number;
  programTestRun(
    fd: number,
    data: Uint8Array | undefined,
    context: Uint8Array | undefined,
    inPlace: boolean,
    repeat: number,
    flags: number,
    cpu: number,
    batchSize: number,
    netns: string | undefined,
  ): Promise<
    Outcome & {
      readonly returnValue: number;
      readonly duration: number;
      readonly data: Uint8Array;
      readonly context: Uint8Array;
    }
  >;
  /** `runs` are the bytes of four 32-bit words a packet: `packetSize, contextSize, returnValue, error`. */
  programTestRuns(
    fd: number,
    runs: Uint8Array,
    packets: Uint8Array,
    contexts: Uint8Array,
    netns: string | undefined,
  ): Promise<
    Outcome & {
      readonly runs: Uint32Array;
      readonly packets: Uint8Array;
      readonly contexts: Uint8Array;
    }
  >;
  programInfo(fd: number): NativeProgramInfo | number;
  /** A descriptor of the caller's own. */
  programById(id: number): number;

  linkCreate(
    programFd: number,
    target: number,
    targetIsFd: boolean,
    attachType: number,
    flags: number,
    relativeId: number,
    revision: bigint,
    netns: string | undefined,
  ): Promise<Outcome & { readonly fd: number }>;
  /** An old program of -1 stands for any. */
  linkUpdate(fd: number, programFd: number, oldProgramFd: number): Promise<Outcome>;
  linkDetach(fd: number): Promise<Outcome>;
  /** Takes the descriptor over. */
  linkClose(fd: number): Promise<Outcome>;
  linkInfo(fd: number): NativeLinkInfo | number;
  deviceIndex(
    name: string,
    netns: string | undefined,
  ): Promise<Outcome & { readonly ifindex: number }>;
  deviceQuery(
    ifindex: number,
    attachType: number,
    netns: string | undefined,
  ): Promise<
    Outcome & {
      readonly revision: bigint;
      readonly programIds: Uint32Array;
      readonly linkIds: Uint32Array;
    }
  >;

  fdPin(fd: number, path: string): number;
  /** A descriptor of the caller's own. */
  fdFromPin(path: string): number;
  fdClose(fd: number): number;
  mountBpffs(path: string): number;

  /** By number; empty where a number has no helper. */
  probeHelperNames(): readonly string[];
  /** A byte for each number below `count`: 1 when the kernel has the type. */
  probeTypes(maps: boolean, count: number): Promise<Outcome & { readonly found?: Uint8Array }>;
  /** A byte for each number of a helper. */
  probeHelpers(programType: number): Promise<Outcome & { readonly found?: Uint8Array }>;
  /** The enumerators of an enum of the running kernel. */
  kernelEnum(name: string): Promise<Outcome & { readonly names?: readonly string[] }>;

  linkObjects(inputs: readonly string[], output: string): Promise<Outcome>;

  ringOpen(
    fd: number,
    maxRecords: number,
    maxBytes: number,
    readable: () => void,
  ): NativeRing | number;
  ringWatch(ring: NativeRing, watch: boolean, keepAlive: boolean): number;
  /** 0 when there is nothing to read. */
  ringRead(ring: NativeRing): NativeBatch | number;
  ringClose(ring: NativeRing): void;
}

let loaded: Addon | undefined;

/**
 * The native part, loaded when it is first needed, so that everything without the kernel works
 * without it.
 *
 * @throws {BpfError} `addon-missing`
 */
export function addon(): Addon {
  loaded ??= loadAddon(prebuildPath());
  return loaded;
}

/** Where the prebuild for this process lies. */
export function prebuildPath(): string {
  const platform = `${process.platform}-${process.arch}-${isMusl() ? "musl" : "glibc"}`;
  return fileURLToPath(new URL(`../prebuilds/${platform}/libbpf-napi.node`, import.meta.url));
}

/** Loads the addon from `path`; for the loader's own tests. */
export function loadAddon(path: string): Addon {
  const attempt = { code: "addon-missing", operation: "load addon", subject: path } as const;
  const hint =
    'in a checkout of this package, "npm run native -w libbpf-napi" builds it; it needs gcc and libc6-dev';
  if (!existsSync(path)) {
    throw new BpfError({
      ...attempt,
      reason: "there is no prebuilt addon for this platform",
      hint,
    });
  }
  const content = requireAddon(path);
  if (isAddon(content)) return content;
  throw new BpfError({
    ...attempt,
    reason: `its interface has another version than this code, which needs ${String(interfaceVersion)}`,
    hint,
  });
}

function requireAddon(path: string): unknown {
  try {
    return createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new BpfError({
      code: "addon-missing",
      operation: "load addon",
      subject: path,
      reason: cause instanceof Error ? cause.message : String(cause),
      hint: "it was built for another libc or processor",
      cause,
    });
  }
}

function isAddon(content: unknown): content is Addon {
  return (
    typeof content === "object" &&
    content !== null &&
    "interfaceVersion" in content &&
    content.interfaceVersion === interfaceVersion
  );
}

/** A process that runs on musl has musl's loader mapped. */
function isMusl(): boolean {
  const maps = "/proc/self/maps";
  return existsSync(maps) && readFileSync(maps, "utf8").includes("/ld-musl-");
}
