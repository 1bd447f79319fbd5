import type { Codec } from "./codec.ts";
import type { EventCodec } from "./record-codec.ts";

/** Map types whose entries are one value per key, by the name that bpftool prints. */
export type KeyedMapType = "hash" | "lru_hash" | "array" | "lpm_trie";

/** Map types that keep one value per key and possible CPU. */
export type PerCpuMapType = "percpu_hash" | "lru_percpu_hash" | "percpu_array";

/** What the specs of all maps have. */
interface NamedSpec {
  /** The map's name in C, in bpftool and here; at most 15 characters. */
  readonly name: string;
}

/** What most maps have. */
export interface NamedMapSpec extends NamedSpec {
  /** Entries, or bytes for a ring buffer, unless changed before the object is loaded. */
  readonly maxEntries: number;
  /** `BPF_F_*` flags of map creation. */
  readonly flags: number;
}

/** What a program's source says of a map with one value per key. */
export interface MapSpec<K, V> extends NamedMapSpec {
  readonly type: KeyedMapType;
  readonly key: Codec<K>;
  readonly value: Codec<V>;
  /** Hash of the layout of key and value: fields, offsets, types. Empty when it is not known, and not compared. */
  readonly layout: string;
}

/** What a program's source says of a map with one value per key and CPU. */
export interface PerCpuMapSpec<K, V> extends NamedMapSpec {
  readonly type: PerCpuMapType;
  readonly key: Codec<K>;
  readonly value: Codec<V>;
  /** Hash of the layout of key and value: fields, offsets, types. Empty when it is not known, and not compared. */
  readonly layout: string;
}

/** What a program's source says of a ring buffer. */
export interface RingBufferSpec<E> extends NamedMapSpec {
  readonly type: "ringbuf";
  readonly event: EventCodec<E>;
  /** Hash of the layout of one event. */
  readonly layout: string;
}

/** What an object says of its map, so that a spec written by hand need not. */
type ToldByObject = "maxEntries" | "flags" | "layout";

/** A spec for a map of an object that is at hand: what it leaves out is what the object says. */
export type ObjectMapSpec<S extends NamedMapSpec> = Omit<S, ToldByObject> &
  Partial<Pick<S, ToldByObject & keyof S>>;

export type AnyMapSpec =
  | MapSpec<unknown, unknown>
  | PerCpuMapSpec<unknown, unknown>
  | RingBufferSpec<unknown>;

/** What an object holds of one program. */
export interface ProgramSpec {
  /** The program's name in C, in bpftool and here; at most 15 characters. */
  readonly name: string;
  /** The ELF section, which says the program's type and where it attaches: `tcx/ingress`. */
  readonly section: string;
}

/** Sections of global variables; a program may have several of a kind. */
export type VariableSection =
  | ".rodata"
  | ".data"
  | ".bss"
  | `.${"rodata" | "data" | "bss"}.${string}`;

/** A global variable of an object: a setting when it is in `.rodata`, which is fixed once loaded. */
export interface VariableSpec<T> {
  readonly section: VariableSection;
  /** Bytes from the beginning of its section. */
  readonly offset: number;
  readonly codec: Codec<T>;
}

/** Global variables by their name in TypeScript. */
export type VariableSpecs = Readonly<Record<string, VariableSpec<unknown>>>;

/** What an object has no variables of. */
export type NoVariables = Readonly<Record<string, never>>;

/** The maps of an object: their names, or their specs by their name in TypeScript. */
export type MapList = readonly string[] | Readonly<Record<string, NamedSpec>>;

/** What a compiled object file holds; generated from it. */
export interface ObjectSpec<
  S extends VariableSpecs,
  V extends VariableSpecs = NoVariables,
  M extends MapList = readonly string[],
> {
  /** The object file's name without `.bpf.o`. */
  readonly name: string;
  readonly programs: Readonly<Record<string, ProgramSpec>>;
  /** Without the sections of global variables. */
  readonly maps: M;
  /** Load-time constants, by their name in TypeScript. */
  readonly settings: S;
  /** Variables that programs and user space write, by their name in TypeScript. @defaultValue none */
  readonly variables?: V;
}

/** The values that an object's settings or variables take. */
export type SettingsOf<S extends VariableSpecs> = {
  readonly [Name in keyof S]: S[Name] extends VariableSpec<infer T> ? T : never;
};
