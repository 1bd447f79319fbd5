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
  | "bool";

/** What a C type becomes in TypeScript. */
export type TypeModel =
  | { readonly kind: "scalar"; readonly codec: ScalarCodec }
  | { readonly kind: "enum"; readonly enum: EnumModel }
  | { readonly kind: "struct"; readonly struct: StructModel }
  | { readonly kind: "domain"; readonly name: string; readonly domain: DomainType }
  | { readonly kind: "array"; readonly element: TypeModel; readonly length: number }
  | { readonly kind: "bytes"; readonly length: number }
  | { readonly kind: "text"; readonly length: number };

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
  | { readonly kind: "ring-buffer"; readonly event: TypeModel };

/** A map that becomes a spec. */
export interface MapModel {
  readonly name: string;
  /** As bpftool prints it: `lru_hash`. */
  readonly type: string;
  readonly maxEntries: number;
  readonly flags: number;
  readonly content: MapContent;
  /** Hash of the layouts of key and value, or of the event. */
  readonly layout: string;
}

/** A `const volatile` global. */
export interface SettingModel {
  readonly cName: string;
  readonly tsName: string;
  /** Bytes from the beginning of `.rodata`. */
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
  readonly settings: readonly SettingModel[];
}

/** Everything that goes into one package's file. */
export interface OwnerModel {
  readonly owner: string;
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
  return content.kind === "ring-buffer" ? [content.event] : [content.key, content.value];
}
