/** What every type has. Type ids count from 1; 0 is `void`. */
interface Named {
  readonly id: number;
  /** Empty for what has no name in C. */
  readonly name: string;
}

export interface BtfVoid extends Named {
  readonly kind: "void";
}

export interface BtfInt extends Named {
  readonly kind: "int";
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** `_Bool`. */
  readonly bool: boolean;
}

export interface BtfFloat extends Named {
  readonly kind: "float";
  readonly size: number;
}

export interface BtfPointer extends Named {
  readonly kind: "pointer";
  readonly target: number;
}

export interface BtfArray extends Named {
  readonly kind: "array";
  readonly element: number;
  readonly length: number;
}

/** A member of a struct or union. */
export interface BtfMember {
  /** Empty for an anonymous struct or union, whose members are reached as if they were the parent's. */
  readonly name: string;
  readonly type: number;
  /** Bits from the beginning of the struct. */
  readonly bitOffset: number;
  /** Bits of a bitfield; 0 for every other member. */
  readonly bitSize: number;
}

export interface BtfComposite extends Named {
  readonly kind: "struct" | "union";
  readonly size: number;
  readonly members: readonly BtfMember[];
}

export interface BtfEnumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface BtfEnum extends Named {
  readonly kind: "enum";
  readonly size: number;
  readonly signed: boolean;
  /** Bits in which the values are recorded; 64 for `BTF_KIND_ENUM64`. */
  readonly valueBits: 32 | 64;
  readonly enumerators: readonly BtfEnumerator[];
}

/** A struct, union or enum that is only declared. */
export interface BtfForward extends Named {
  readonly kind: "forward";
  readonly of: "struct" | "union";
}

/** What stands in front of another type: a further name for it, a qualifier or a tag. */
export interface BtfModifier extends Named {
  readonly kind: "typedef" | "const" | "volatile" | "restrict" | "type-tag";
  readonly target: number;
}

export interface BtfFunction extends Named {
  readonly kind: "function";
  readonly prototype: number;
  readonly linkage: BtfLinkage;
}

export type BtfLinkage = "static" | "global" | "extern";

export interface BtfParameter {
  readonly name: string;
  /** 0 as the last parameter's type stands for `...`. */
  readonly type: number;
}

export interface BtfPrototype extends Named {
  readonly kind: "prototype";
  readonly result: number;
  readonly parameters: readonly BtfParameter[];
}

export interface BtfVariable extends Named {
  readonly kind: "variable";
  readonly type: number;
  readonly linkage: BtfLinkage;
}

/** One variable's place in a section. In objects that are not linked the offset is that of the ELF symbol instead. */
export interface BtfSectionEntry {
  readonly variable: number;
  readonly offset: number;
  readonly size: number;
}

export interface BtfSection extends Named {
  readonly kind: "section";
  readonly size: number;
  readonly entries: readonly BtfSectionEntry[];
}

/** A `btf_decl_tag` on a type, a variable, a member or a parameter. */
export interface BtfDeclarationTag extends Named {
  readonly kind: "declaration-tag";
  readonly target: number;
  /** Which member or parameter of the target, or -1 for the target itself. */
  readonly component: number;
}

export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfFloat
  | BtfPointer
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfForward
  | BtfModifier
  | BtfFunction
  | BtfPrototype
  | BtfVariable
  | BtfSection
  | BtfDeclarationTag;

export type BtfKind = BtfType["kind"];

/** The types of one kind. */
export type BtfTypeOf<K extends BtfKind, T extends BtfType = BtfType> = T extends BtfType
  ? K extends T["kind"]
    ? T
    : never
  : never;

/** The graph of types of an object or of the kernel (Documentation/bpf/btf.rst of the kernel). */
export interface Btf {
  /** How messages name the file. */
  readonly subject: string;
  /** How many types there are, `void` and those of the base included. */
  readonly count: number;
  /** Every type at the index that is its id. Reading all of a kernel's takes some tenths of a second. */
  readonly types: readonly BtfType[];
  /** @throws {BtfError} `no-such-type` */
  type(id: number): BtfType;
  /** The first type of this kind and name. */
  find<K extends BtfKind>(kind: K, name: string): BtfTypeOf<K> | undefined;
  /** The declaration tags of a type or variable, or of one of its members, in the order of the source. */
  tags(id: number, component?: number): readonly string[];
}
