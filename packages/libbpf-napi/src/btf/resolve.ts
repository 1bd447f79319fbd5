import type { Btf, BtfComposite, BtfKind, BtfModifier, BtfType } from "./btf.ts";
import { BtfError } from "./btf-error.ts";

/** As the kernel's `MAX_RESOLVE_DEPTH`: no valid type nests deeper, so more means a cycle. */
export const maxDepth = 32;

/** A type without what stands in front of it. */
export interface ResolvedType {
  /** The names of the typedefs that were passed, the outermost first. */
  readonly typedefs: readonly string[];
  readonly isConst: boolean;
  readonly isVolatile: boolean;
  readonly type: Exclude<BtfType, BtfModifier>;
}

/**
 * Follows typedefs, qualifiers and type tags to the type itself.
 *
 * @throws {BtfError} `no-such-type`, or `malformed-btf` for a chain that does not end
 */
export function resolveType(btf: Btf, id: number): ResolvedType {
  const typedefs: string[] = [];
  let isConst = false;
  let isVolatile = false;
  let type = btf.type(id);
  for (let depth = 0; isModifier(type); depth++) {
    if (depth === maxDepth) throw tooDeep(btf, id);
    if (type.kind === "typedef") typedefs.push(type.name);
    isConst ||= type.kind === "const";
    isVolatile ||= type.kind === "volatile";
    type = btf.type(type.target);
  }
  return { typedefs, isConst, isVolatile, type };
}

const modifiers: ReadonlySet<BtfKind> = new Set([
  "typedef",
  "const",
  "volatile",
  "restrict",
  "type-tag",
]);

export function isModifier(type: BtfType): type is BtfModifier {
  return modifiers.has(type.kind);
}

/** BPF objects and the 64-bit kernels that run them have pointers of 8 bytes. */
export const pointerSize = 8;

/**
 * Bytes that a value of the type takes.
 *
 * @throws {BtfError} `no-layout` for what has no size, such as a function
 */
export function sizeOf(btf: Btf, id: number): number {
  return sizeAt(btf, id, 0);
}

function sizeAt(btf: Btf, id: number, depth: number): number {
  if (depth === maxDepth) throw tooDeep(btf, id);
  const { type } = resolveType(btf, id);
  if (type.kind === "pointer") return pointerSize;
  if (type.kind === "array") return type.length * sizeAt(btf, type.element, depth + 1);
  if (type.kind === "variable") return sizeAt(btf, type.type, depth + 1);
  if (type.kind !== "section" && "size" in type) return type.size;
  throw noLayout(btf, type);
}

/**
 * The alignment that C gives the type on BPF and 64-bit machines, in bytes. A packed struct is told
 * from its members: one of them is not where its own alignment would have it.
 *
 * @throws {BtfError} `no-layout` for what has no size
 */
export function alignmentOf(btf: Btf, id: number): number {
  return alignmentAt(btf, id, 0);
}

function alignmentAt(btf: Btf, id: number, depth: number): number {
  if (depth === maxDepth) throw tooDeep(btf, id);
  const { type } = resolveType(btf, id);
  if (type.kind === "struct" || type.kind === "union") return compositeAlignment(btf, type, depth);
  if (type.kind === "array") return alignmentAt(btf, type.element, depth + 1);
  if (type.kind === "variable") return alignmentAt(btf, type.type, depth + 1);
  return Math.min(pointerSize, Math.max(1, sizeAt(btf, id, depth)));
}

function compositeAlignment(btf: Btf, type: BtfComposite, depth: number): number {
  let largest = 1;
  let packed = false;
  for (const member of type.members) {
    const alignment = alignmentAt(btf, member.type, depth + 1);
    largest = Math.max(largest, alignment);
    packed ||= member.bitSize === 0 && member.bitOffset % (8 * alignment) !== 0;
  }
  return packed || type.size % largest !== 0 ? 1 : largest;
}

/** Where a field lies. */
export interface FieldPlace {
  /** Bits from the beginning of the outermost struct. */
  readonly bitOffset: number;
  /** Bits of a bitfield; 0 for every other field. */
  readonly bitSize: number;
  readonly type: number;
}

/**
 * Finds a field by its path, `nexthop.gateway`; members of anonymous structs and unions are found
 * as if they were the parent's.
 *
 * @throws {BtfError} `no-such-type` when there is no such field
 */
export function fieldOf(btf: Btf, id: number, path: string): FieldPlace {
  let place: FieldPlace = { bitOffset: 0, bitSize: 0, type: id };
  for (const name of path.split(".")) {
    const found = findMember(btf, place.type, name, 0);
    if (found === undefined) throw noField(btf, id, path, name);
    place = inside(found, place.bitOffset);
  }
  return place;
}

function findMember(btf: Btf, id: number, name: string, depth: number): FieldPlace | undefined {
  if (depth === maxDepth) throw tooDeep(btf, id);
  const { type } = resolveType(btf, id);
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  const direct = type.members.find((member) => member.name === name);
  if (direct !== undefined) return inside(direct, 0);
  for (const member of type.members) {
    if (member.name !== "") continue;
    const found = findMember(btf, member.type, name, depth + 1);
    if (found !== undefined) return inside(found, member.bitOffset);
  }
  return undefined;
}

function inside({ bitOffset, bitSize, type }: FieldPlace, base: number): FieldPlace {
  return { bitOffset: base + bitOffset, bitSize, type };
}

/** How messages name a type: `struct endpoint (type 12)`. */
function typeLabel(type: BtfType): string {
  const name = type.name === "" ? "without a name" : type.name;
  return `${type.kind} ${name} (type ${String(type.id)})`;
}

export function noLayout(btf: Btf, type: BtfType): BtfError {
  const declared = type.kind === "forward" ? "it is only declared" : "it has no size";
  return new BtfError({
    code: "no-layout",
    operation: "lay out",
    subject: `${typeLabel(type)} of ${btf.subject}`,
    reason: declared,
  });
}

export function tooDeep(btf: Btf, id: number): BtfError {
  return new BtfError({
    code: "malformed-btf",
    operation: "follow type",
    subject: `${String(id)} of ${btf.subject}`,
    reason: `it nests deeper than ${String(maxDepth)} types, which means that it contains itself`,
  });
}

function noField(btf: Btf, id: number, path: string, name: string): BtfError {
  return new BtfError({
    code: "no-such-type",
    operation: "find field",
    subject: `${path} of ${typeLabel(resolveType(btf, id).type)} in ${btf.subject}`,
    reason: `there is no member ${name}`,
  });
}
