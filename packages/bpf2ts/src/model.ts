import type { Layout } from "libbpf-napi";
import type { DomainType } from "./config.ts";

/** The codecs of libbpf-napi for one number or flag. */
export type ScalarCodec =
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "s8"
  | "s16"
  | "s32"
  | "s64"
  | "u16be"
  | "u32be"
  | "u64be"
  | "f32"
  | "f64"
  | "bool";

/** What a C type becomes in TypeScript. */
export type TypeModel =
  | { readonly kind: "scalar"; readonly codec: ScalarCodec }
  | { readonly kind: "enum"; readonly enum: EnumModel }
  | { readonly kind: "struct"; readonly struct: StructModel }
  | { readonly kind: "domain"; readonly name: string; readonly domain: DomainType }
  | { readonly kind: "array"; readonly element: TypeModel; readonly length: number }
  | { readonly kind: "text"; readonly length: number }
  | BytesModel
  | BitfieldModel
  /** Events of any size. */
  | { readonly kind: "record" };

interface BytesModel {
  readonly kind: "bytes";
  readonly length: number;
  /** Why it is bytes, if it has another type in C. */
  readonly note?: string;
}

/** Bits of a struct; the offset of such a field is 0. */
interface BitfieldModel {
  readonly kind: "bitfield";
  /** The first bit, counted from the beginning of the struct. */
  readonly first: number;
  readonly count: number;
  readonly signed: boolean;
}

/** An enum that becomes a constant object and a type of its values. */
export interface EnumModel {
  readonly cName: string;
  /** `FlowKind` */
  readonly tsName: string;
  /** The codec of the integer that holds it. */
  readonly codec: ScalarCodec;
  readonly enumerators: readonly EnumeratorModel[];
}

interface EnumeratorModel {
  readonly cName: string;
  readonly tsName: string;
  readonly value: bigint;
}

/** A struct that becomes an interface, a codec and a layout. */
export interface StructModel {
  readonly cName: string;
  /** `FlowKey` */
  readonly tsName: string;
  /** Bytes. */
  readonly size: number;
  /** Without explicit padding. */
  readonly fields: readonly FieldModel[];
  readonly layout: Layout;
}

export interface FieldModel {
  readonly cName: string;
  readonly tsName: string;
  /** Bytes from the beginning of the struct. */
  readonly offset: number;
  readonly type: TypeModel;
}

/** What a map holds, and what of it decides the kind of its spec. */
export type MapContent =
  | { readonly kind: "keyed" | "per-cpu"; readonly key: TypeModel; readonly value: TypeModel }
  | {
      readonly kind: "ring-buffer" | "user-ring-buffer" | "perf-buffer";
      readonly event: TypeModel;
    }
  | { readonly kind: "queue" | "storage"; readonly value: TypeModel }
  | {
      readonly kind: "bloom-filter";
      readonly value: TypeModel;
      /** 0 where the kernel chooses. */
      readonly hashes: number;
    }
  | {
      readonly kind: "references";
      readonly key: TypeModel;
      /** Undefined where it is what such maps have. */
      readonly valueSize: number | undefined;
    }
  | { readonly kind: "arena" }
  /** A type that has no spec: the map is reached by its name only. */
  | { readonly kind: "raw" };

/** A map that becomes a spec. */
export interface MapModel {
  readonly name: string;
  /** As bpftool prints it: `lru_hash`. */
  readonly type: string;
  readonly maxEntries: number;
  readonly flags: number;
  readonly content: MapContent;
  /** Hash of the layouts of key and value, or of the event; empty when they are not known. */
  readonly layout: string;
}

/** A global variable. */
export interface VariableModel {
  readonly cName: string;
  readonly tsName: string;
  readonly section: string;
  /** Bytes from the beginning of its section. */
  readonly offset: number;
  readonly type: TypeModel;
}

export interface ProgramModel {
  readonly cName: string;
  readonly tsName: string;
  readonly section: string;
}

/** A compiled object. */
export interface ObjectModel {
  /** The file's name without `.bpf.o`. */
  readonly name: string;
  readonly programs: readonly ProgramModel[];
  readonly maps: readonly string[];
  /** The `const volatile` globals. */
  readonly settings: readonly VariableModel[];
  /** The others; none where several packages share an object. */
  readonly variables: readonly VariableModel[];
}

/** Everything that goes into one file. */
export interface FileModel {
  readonly maps: readonly MapModel[];
  readonly exports: readonly TypeModel[];
  readonly objects: readonly ObjectModel[];
}

/** The structs and enums that types are made of, each once, what is used before what uses it. */
export function namedTypesOf(types: readonly TypeModel[]): {
  readonly enums: readonly EnumModel[];
  readonly structs: readonly StructModel[];
} {
  const enums = new Map<string, EnumModel>();
  const structs = new Map<string, StructModel>();
  const visit = (type: TypeModel): void => {
    if (type.kind === "array") visit(type.element);
    if (type.kind === "enum") enums.set(type.enum.cName, type.enum);
    if (type.kind !== "struct" || structs.has(type.struct.cName)) return;
    for (const field of type.struct.fields) visit(field.type);
    structs.set(type.struct.cName, type.struct);
  };
  for (const type of types) visit(type);
  return { enums: [...enums.values()], structs: [...structs.values()] };
}

/** The types of a map's key and value, or of its events. */
export function typesOfMap({ content }: MapModel): readonly TypeModel[] {
  return [
    ...("key" in content ? [content.key] : []),
    ...("value" in content ? [content.value] : []),
    ...("event" in content ? [content.event] : []),
  ];
}

/** The types of an object's variables. */
export function typesOfObject({ settings, variables }: ObjectModel): readonly TypeModel[] {
  return [...settings, ...variables].map(({ type }) => type);
}

/** A sentence about a type that is bytes although it has another one in C; undefined for all others. */
export function noteOf(type: TypeModel): string | undefined {
  if (type.kind !== "bytes" || type.note === undefined) return undefined;
  return `As bytes: ${type.note}.`;
}
