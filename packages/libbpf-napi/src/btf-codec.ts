import { inspect } from "node:util";
import {
  type CompositeLayout,
  type FieldLayout,
  type Layout,
  layoutName,
  type ScalarLayout,
} from "./btf/index.ts";
import { bitsCodec } from "./bits-codec.ts";
import type { Codec } from "./codec.ts";
import {
  arrayOf,
  bool,
  bytes,
  f32,
  f64,
  s16,
  s32,
  s64,
  s8,
  u16,
  u16be,
  u32,
  u32be,
  u64,
  u64be,
  u8,
} from "./codecs.ts";
import { BpfError } from "./errors.ts";
import { text } from "./text-codec.ts";

/**
 * A value as its type information describes it: numbers up to 32 bits, `bigint` for 64 and pointers,
 * text for `char[]`, bytes for `unsigned char[]` and what JavaScript has no number for, arrays, and
 * objects by field. Members of anonymous structs and unions are the parent's own.
 */
export type BtfValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly BtfValue[]
  | { readonly [field: string]: BtfValue };

/**
 * The codec of a type, made from its type information at run time. Structs want all their fields; a
 * union is read as all of its members, and written by those that are given.
 */
export function codecOfLayout(layout: Layout): Codec<BtfValue> {
  if (layout.kind === "scalar") return scalarCodec(layout);
  if (layout.kind !== "array") return compositeCodec(layout);
  const { element, length } = layout;
  if (element.kind === "scalar" && length > 0) {
    if (element.format === "char") return checked(text(length), isString, "text");
    if (element.format === "u8") return checked(bytes(length), isBytes, "bytes");
  }
  return checked(arrayOf(codecOfLayout(element), length), isArray, "an array");
}

const isNumber = (value: BtfValue): value is number => typeof value === "number";
const isString = (value: BtfValue): value is string => typeof value === "string";
const isBoolean = (value: BtfValue): value is boolean => typeof value === "boolean";
const isBytes = (value: BtfValue): value is Uint8Array => value instanceof Uint8Array;
const isArray = (value: BtfValue): value is readonly BtfValue[] => Array.isArray(value);

function checked<T extends BtfValue>(
  codec: Codec<T>,
  fits: (value: BtfValue) => value is T,
  wanted: string,
): Codec<BtfValue> {
  return {
    size: codec.size,
    encode(value, target, offset) {
      if (!fits(value)) throw wrongValue(wanted, `found ${inspect(value, { depth: 1 })}`);
      codec.encode(value, target, offset);
    },
    decode: (source, offset) => codec.decode(source, offset),
  };
}

/** A whole number will do where a `bigint` is wanted. */
function wide(codec: Codec<bigint>): Codec<BtfValue> {
  return {
    size: codec.size,
    encode(value, target, offset) {
      if (typeof value === "bigint") codec.encode(value, target, offset);
      else if (Number.isSafeInteger(value)) codec.encode(BigInt(Number(value)), target, offset);
      else throw wrongValue("a bigint", `found ${inspect(value, { depth: 1 })}`);
    },
    decode: (source, offset) => codec.decode(source, offset),
  };
}

const narrow: Readonly<Record<string, Codec<number>>> = {
  u8,
  s8,
  char: s8,
  u16,
  s16,
  be16: u16be,
  u32,
  s32,
  be32: u32be,
  f32,
  f64,
};

const wides: Readonly<Record<string, Codec<bigint>>> = { u64, s64, be64: u64be, pointer: u64 };

function scalarCodec({ format, size }: ScalarLayout): Codec<BtfValue> {
  if (format === "bool" && size === bool.size) return checked(bool, isBoolean, "true or false");
  const [number, large] = [narrow[format], wides[format]];
  if (number !== undefined) return checked(number, isNumber, "a number");
  return large === undefined ? checked(bytes(size), isBytes, "bytes") : wide(large);
}

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly codec: Codec<BtfValue>;
  /** Whether it shares its memory with others, so that it may be left out. */
  readonly optional: boolean;
}

function compositeCodec(layout: CompositeLayout): Codec<BtfValue> {
  const fields = fieldsOf(layout, 0, false);
  const names = new Set(fields.map(({ name }) => name));
  const type = layoutName(layout);
  return {
    size: layout.size,
    encode(value, target, offset) {
      if (!isRecord(value)) throw wrongValue(type, `found ${inspect(value, { depth: 1 })}`);
      const unknown = Object.keys(value).find((name) => !names.has(name));
      if (unknown !== undefined) throw wrongValue(type, `it has no field ${unknown}`);
      for (const field of fields) encodeField(field, value[field.name], type, target, offset);
    },
    decode: (source, offset) =>
      Object.fromEntries(
        fields.map((each) => [each.name, each.codec.decode(source, offset + each.offset)]),
      ),
  };
}

function encodeField(
  field: Field,
  value: BtfValue | undefined,
  type: string,
  target: DataView,
  offset: number,
): void {
  if (value !== undefined) field.codec.encode(value, target, offset + field.offset);
  else if (!field.optional) throw wrongValue(type, `field ${field.name} is missing`);
}

function isRecord(value: BtfValue): value is { readonly [field: string]: BtfValue } {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function fieldsOf(layout: CompositeLayout, base: number, optional: boolean): readonly Field[] {
  const shares = optional || layout.kind === "union";
  return layout.fields.flatMap((field) => fieldCodecs(field, base, shares));
}

function fieldCodecs(field: FieldLayout, base: number, optional: boolean): readonly Field[] {
  const { name, type, bits } = field;
  const offset = base + field.offset;
  if (name === "") {
    return type.kind === "struct" || type.kind === "union" ? fieldsOf(type, offset, optional) : [];
  }
  if (bits === undefined) return [{ name, offset, codec: codecOfLayout(type), optional }];
  const signed = type.kind === "scalar" && type.format.startsWith("s");
  const codec = bitsCodec(bits.offset, bits.size, signed);
  return [{ name, offset: base, codec: bits.size > 32 ? wide(codec) : small(codec), optional }];
}

/** Up to 32 bits as a number. */
function small(codec: Codec<bigint>): Codec<BtfValue> {
  return {
    size: codec.size,
    encode(value, target, offset) {
      if (!Number.isSafeInteger(value)) throw wrongValue("a number", `found ${inspect(value)}`);
      codec.encode(BigInt(Number(value)), target, offset);
    },
    decode: (source, offset) => Number(codec.decode(source, offset)),
  };
}

function wrongValue(wanted: string, reason: string): BpfError {
  return new BpfError({
    code: "invalid-argument",
    operation: "encode",
    subject: wanted,
    reason,
  });
}
