import type {
  Btf,
  BtfArray,
  BtfComposite,
  BtfEnum,
  BtfFloat,
  BtfInt,
  BtfMember,
  BtfType,
} from "./btf.ts";
import { BtfError } from "./btf-error.ts";
import { maxDepth, noLayout, pointerSize, resolveType, tooDeep } from "./resolve.ts";

/**
 * How a scalar's bytes are read: `u32` unsigned and `s32` signed in the machine's order, `be32` unsigned
 * in network order, `f64` floating point. An enum reads as the integer that holds it.
 */
export type ScalarFormat = `${"u" | "s" | "be" | "f"}${number}` | "bool" | "char" | "pointer";

interface Sized {
  /** Bytes. */
  readonly size: number;
  /**
   * Names in C from the outermost in: typedefs, then the tag of a struct, union or enum. They do not
   * decide whether two layouts are the same.
   */
  readonly names: readonly string[];
}

export interface ScalarLayout extends Sized {
  readonly kind: "scalar";
  readonly format: ScalarFormat;
}

export interface ArrayLayout extends Sized {
  readonly kind: "array";
  readonly length: number;
  readonly element: Layout;
}

/** One field of a struct or union. */
export interface FieldLayout {
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  /** Bytes from the beginning of the struct. */
  readonly offset: number;
  /** Of a bitfield: its first bit, counted from the beginning of the struct, and how many it has. */
  readonly bits?: { readonly offset: number; readonly size: number };
  readonly type: Layout;
}

export interface CompositeLayout extends Sized {
  readonly kind: "struct" | "union";
  readonly fields: readonly FieldLayout[];
}

/** How the values of a type lie in memory. */
export type Layout = ScalarLayout | ArrayLayout | CompositeLayout;

/** The typedefs of linux/types.h whose values are in network order. */
const networkOrder = new Set(["__be16", "__be32", "__be64"]);

/**
 * The layout of a type of fixed size.
 *
 * @throws {BtfError} `no-layout` for what has no size, such as a function
 */
export function layoutOf(btf: Btf, id: number): Layout {
  return layoutAt(btf, id, 0);
}

function layoutAt(btf: Btf, id: number, depth: number): Layout {
  if (depth === maxDepth) throw tooDeep(btf, id);
  const { type, typedefs: names } = resolveType(btf, id);
  if (type.kind === "variable") return layoutAt(btf, type.type, depth + 1);
  if (type.kind === "array") return arrayLayout(btf, type, names, depth);
  if (type.kind === "struct" || type.kind === "union") {
    return compositeLayout(btf, type, names, depth);
  }
  if (type.kind === "pointer") {
    return { kind: "scalar", format: "pointer", size: pointerSize, names };
  }
  if (type.kind === "int" || type.kind === "float" || type.kind === "enum") {
    return scalarLayout(btf, type, names);
  }
  throw noLayout(btf, type);
}

/** Bytes that the kernel takes for the size of a number; 12 are those of `long double` on some machines. */
const scalarSizes = new Set([1, 2, 4, 8, 12, 16]);

function scalarLayout(
  btf: Btf,
  type: BtfInt | BtfFloat | BtfEnum,
  names: readonly string[],
): ScalarLayout {
  if (!scalarSizes.has(type.size)) {
    throw lies(btf, type, `a number of ${String(type.size)} bytes`);
  }
  return {
    kind: "scalar",
    format: scalarFormat(type, names),
    size: type.size,
    names: type.kind === "enum" ? tagged(names, "enum", type.name) : names,
  };
}

function scalarFormat(
  type: BtfInt | BtfFloat | BtfEnum,
  typedefs: readonly string[],
): ScalarFormat {
  const bits = type.size * 8;
  if (type.kind === "float") return `f${bits}`;
  if (type.kind === "int") {
    if (type.bool) return "bool";
    if (type.name === "char") return "char";
    if (typedefs.some((name) => networkOrder.has(name))) return `be${bits}`;
  }
  return type.signed ? `s${bits}` : `u${bits}`;
}

function arrayLayout(
  btf: Btf,
  type: BtfArray,
  names: readonly string[],
  depth: number,
): ArrayLayout {
  const element = layoutAt(btf, type.element, depth + 1);
  return { kind: "array", length: type.length, size: type.length * element.size, names, element };
}

function compositeLayout(
  btf: Btf,
  type: BtfComposite,
  typedefs: readonly string[],
  depth: number,
): CompositeLayout {
  const names = tagged(typedefs, type.kind, type.name);
  const fields = type.members.map((member) => fieldLayout(btf, member, depth + 1));
  const outside = fields.find((field) => endOf(field) > type.size);
  if (outside !== undefined) {
    const bytes = `${String(endOf(outside))} of ${String(type.size)} bytes`;
    throw lies(btf, type, `its member ${JSON.stringify(outside.name)} ends at ${bytes}`);
  }
  return { kind: type.kind, size: type.size, names, fields };
}

function endOf({ offset, bits, type }: FieldLayout): number {
  return bits === undefined ? offset + type.size : Math.ceil((bits.offset + bits.size) / 8);
}

/** The error for a type whose sizes cannot be. */
function lies(btf: Btf, type: BtfType, reason: string): BtfError {
  return new BtfError({
    code: "malformed-btf",
    operation: "lay out type",
    subject: `${String(type.id)} (${type.kind} ${JSON.stringify(type.name)}) in ${btf.subject}`,
    reason,
  });
}

function fieldLayout(btf: Btf, member: BtfMember, depth: number): FieldLayout {
  const { name, bitOffset, bitSize } = member;
  const place = {
    name,
    offset: Math.floor(bitOffset / 8),
    type: layoutAt(btf, member.type, depth),
  };
  return bitSize === 0 ? place : { ...place, bits: { offset: bitOffset, size: bitSize } };
}

function tagged(typedefs: readonly string[], keyword: string, name: string): readonly string[] {
  return name === "" ? typedefs : [...typedefs, `${keyword} ${name}`];
}
