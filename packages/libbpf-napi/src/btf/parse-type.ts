import type { BtfEnumerator, BtfKind, BtfLinkage, BtfMember, BtfModifier, BtfType } from "./btf.ts";
import type { ByteView } from "./byte-view.ts";

/** Bytes of `struct btf_type`, which every type begins with. */
const headSize = 12;

/** What `struct btf_type` says, and where the rest of the type begins. */
interface Head {
  readonly id: number;
  readonly name: string;
  /** `BTF_KIND_*` */
  readonly kind: number;
  /** How many entries follow. */
  readonly count: number;
  readonly flag: boolean;
  /** A size in bytes or a type id, by kind. */
  readonly sizeOrType: number;
  readonly body: number;
}

/** The names of types, by offset. */
export type Strings = Pick<ByteView, "length" | "text" | "find">;

interface Input {
  readonly types: ByteView;
  readonly strings: Strings;
}

interface KindReader {
  readonly kind: BtfKind;
  /** Bytes after the head. */
  readonly bodySize: (count: number) => number;
  readonly read: (input: Input, head: Head) => BtfType;
}

/**
 * Where the type at `offset`, which gets the number `id`, ends; only its length is looked at.
 *
 * @throws {BtfError} `malformed-btf`
 */
export function endOfType(types: ByteView, offset: number, id: number): number {
  const info = types.u32(offset + 4);
  return offset + headSize + readerOf(types, offset, id).bodySize(info & 0xffff);
}

/** The kind of the type at `offset`. */
export function kindOfType(types: ByteView, offset: number, id: number): BtfKind {
  return readerOf(types, offset, id).kind;
}

/**
 * Reads the type at `offset`, which gets the number `id`.
 *
 * @throws {BtfError} `malformed-btf`
 */
export function parseType(types: ByteView, strings: Strings, offset: number, id: number): BtfType {
  const info = types.u32(offset + 4);
  const head: Head = {
    id,
    name: strings.text(types.u32(offset)),
    kind: kindNumber(info),
    count: info & 0xffff,
    flag: info >>> 31 === 1,
    sizeOrType: types.u32(offset + 8),
    body: offset + headSize,
  };
  return readerOf(types, offset, id).read({ types, strings }, head);
}

function readerOf(types: ByteView, offset: number, id: number): KindReader {
  const number = kindNumber(types.u32(offset + 4));
  const reader = readers[number];
  if (reader !== undefined) return reader;
  throw types.error(offset + 4, `type ${String(id)} is of the unknown kind ${String(number)}`);
}

/** `BTF_KIND_*` out of `info` of `struct btf_type`. */
function kindNumber(info: number): number {
  return (info >>> 24) & 0x1f;
}

/** The ids of the types that a type is made of. */
export function referencesOf(type: BtfType): readonly number[] {
  if ("target" in type) return [type.target];
  if ("members" in type) return type.members.map((member) => member.type);
  if ("entries" in type) return type.entries.map((entry) => entry.variable);
  if (type.kind === "array") return [type.element];
  if (type.kind === "function") return [type.prototype];
  if (type.kind === "variable") return [type.type];
  if (type.kind !== "prototype") return [];
  return [type.result, ...type.parameters.map((parameter) => parameter.type)];
}

const nothing = (): number => 0;

/** Flags of `BTF_INT_ENCODING`. */
const intFlags = { signed: 1, bool: 4 };

function readInt({ types }: Input, { id, name, sizeOrType: size, body }: Head): BtfType {
  const flags = types.u32(body) >>> 24;
  const signed = (flags & intFlags.signed) !== 0;
  return { kind: "int", id, name, size, signed, bool: (flags & intFlags.bool) !== 0 };
}

function readArray({ types }: Input, { id, name, body }: Head): BtfType {
  return { kind: "array", id, name, element: types.u32(body), length: types.u32(body + 8) };
}

function readComposite(input: Input, head: Head): BtfType {
  const { id, name, sizeOrType: size } = head;
  const members = readEntries(head, 12, (at) => readMember(input, at, head.flag));
  return { kind: head.kind === 4 ? "struct" : "union", id, name, size, members };
}

/** With the flag of the struct set, the offset's upper byte is the size of a bitfield. */
function readMember({ types, strings }: Input, at: number, flag: boolean): BtfMember {
  const offset = types.u32(at + 8);
  return {
    name: strings.text(types.u32(at)),
    type: types.u32(at + 4),
    bitOffset: flag ? offset & 0xff_ffff : offset,
    bitSize: flag ? offset >>> 24 : 0,
  };
}

function readEnum(valueBits: 32 | 64): (input: Input, head: Head) => BtfType {
  return ({ types, strings }, head) => {
    const { id, name, sizeOrType: size, flag: signed } = head;
    const valueAt = (at: number): bigint => {
      if (valueBits === 32) return BigInt(signed ? types.i32(at) : types.u32(at));
      const value = (BigInt(types.u32(at + 4)) << 32n) | BigInt(types.u32(at));
      return signed ? BigInt.asIntN(64, value) : value;
    };
    const readEnumerator = (at: number): BtfEnumerator => ({
      name: strings.text(types.u32(at)),
      value: valueAt(at + 4),
    });
    const enumerators = readEntries(head, 4 + valueBits / 8, readEnumerator);
    return { kind: "enum", id, name, size, signed, valueBits, enumerators };
  };
}

function readForward(_input: Input, { id, name, flag }: Head): BtfType {
  return { kind: "forward", id, name, of: flag ? "union" : "struct" };
}

function readModifier(kind: BtfModifier["kind"]): (input: Input, head: Head) => BtfType {
  return (_input, { id, name, sizeOrType: target }) => ({ kind, id, name, target });
}

const linkages: readonly BtfLinkage[] = ["static", "global", "extern"];

function readLinkage(types: ByteView, offset: number, value: number): BtfLinkage {
  const linkage = linkages[value];
  if (linkage === undefined) throw types.error(offset, `linkage ${String(value)} is unknown`);
  return linkage;
}

function readFunction({ types }: Input, { id, name, sizeOrType, count, body }: Head): BtfType {
  const linkage = readLinkage(types, body - headSize + 4, count);
  return { kind: "function", id, name, prototype: sizeOrType, linkage };
}

function readPrototype({ types, strings }: Input, head: Head): BtfType {
  const parameters = readEntries(head, 8, (at) => ({
    name: strings.text(types.u32(at)),
    type: types.u32(at + 4),
  }));
  return { kind: "prototype", id: head.id, name: head.name, result: head.sizeOrType, parameters };
}

function readVariable({ types }: Input, { id, name, sizeOrType, body }: Head): BtfType {
  const linkage = readLinkage(types, body, types.u32(body));
  return { kind: "variable", id, name, type: sizeOrType, linkage };
}

function readSection({ types }: Input, head: Head): BtfType {
  const entries = readEntries(head, 12, (at) => ({
    variable: types.u32(at),
    offset: types.u32(at + 4),
    size: types.u32(at + 8),
  }));
  return { kind: "section", id: head.id, name: head.name, size: head.sizeOrType, entries };
}

function readDeclarationTag({ types }: Input, { id, name, sizeOrType, body }: Head): BtfType {
  return { kind: "declaration-tag", id, name, target: sizeOrType, component: types.i32(body) };
}

function readEntries<T>(head: Head, size: number, read: (at: number) => T): readonly T[] {
  const entries: T[] = [];
  for (let index = 0; index < head.count; index++) entries.push(read(head.body + index * size));
  return entries;
}

/** How the rest of a type is read, by `BTF_KIND_*` of include/uapi/linux/btf.h. */
const readers: Readonly<Record<number, KindReader>> = {
  1: { kind: "int", bodySize: () => 4, read: readInt },
  2: {
    kind: "pointer",
    bodySize: nothing,
    read: (_input, { id, name, sizeOrType: target }) => ({ kind: "pointer", id, name, target }),
  },
  3: { kind: "array", bodySize: () => 12, read: readArray },
  4: { kind: "struct", bodySize: (count) => count * 12, read: readComposite },
  5: { kind: "union", bodySize: (count) => count * 12, read: readComposite },
  6: { kind: "enum", bodySize: (count) => count * 8, read: readEnum(32) },
  7: { kind: "forward", bodySize: nothing, read: readForward },
  8: { kind: "typedef", bodySize: nothing, read: readModifier("typedef") },
  9: { kind: "volatile", bodySize: nothing, read: readModifier("volatile") },
  10: { kind: "const", bodySize: nothing, read: readModifier("const") },
  11: { kind: "restrict", bodySize: nothing, read: readModifier("restrict") },
  12: { kind: "function", bodySize: nothing, read: readFunction },
  13: { kind: "prototype", bodySize: (count) => count * 8, read: readPrototype },
  14: { kind: "variable", bodySize: () => 4, read: readVariable },
  15: { kind: "section", bodySize: (count) => count * 12, read: readSection },
  16: {
    kind: "float",
    bodySize: nothing,
    read: (_input, { id, name, sizeOrType: size }) => ({ kind: "float", id, name, size }),
  },
  17: { kind: "declaration-tag", bodySize: () => 4, read: readDeclarationTag },
  18: { kind: "type-tag", bodySize: nothing, read: readModifier("type-tag") },
  19: { kind: "enum", bodySize: (count) => count * 12, read: readEnum(64) },
};
