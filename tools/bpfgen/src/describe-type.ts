import {
  type Btf,
  type BtfArray,
  type BtfEnum,
  type BtfInt,
  resolveType,
  type ResolvedType,
  sizeOf,
} from "libbpf-napi";
import { refusal } from "./bpfgen-error.ts";
import type { DomainType } from "./config.ts";
import { describeStruct, type FieldDescriber } from "./describe-struct.ts";
import type { EnumModel, ScalarCodec, TypeModel } from "./model.ts";
import { camelCase, enumeratorNames, pascalCase, repeatedName } from "./names.ts";

/** What decides how a type is described, beside the type. */
export interface TypeContext {
  readonly btf: Btf;
  readonly domainTypes: Readonly<Record<string, DomainType>>;
}

/** Typedefs with a width and a byte order; the kernel's, and those of stdint.h. */
const fixedWidth: Readonly<Record<string, ScalarCodec>> = {
  __u8: "u8",
  __u16: "u16",
  __u32: "u32",
  __u64: "u64",
  __s8: "s8",
  __s16: "s16",
  __s32: "s32",
  __s64: "s64",
  __be16: "u16be",
  __be32: "u32be",
  __be64: "u64be",
  uint8_t: "u8",
  uint16_t: "u16",
  uint32_t: "u32",
  uint64_t: "u64",
  int8_t: "s8",
  int16_t: "s16",
  int32_t: "s32",
  int64_t: "s64",
};

/** Typedefs that have a width, but a byte order that no codec knows. */
const otherOrder = new Set(["__le16", "__le32", "__le64", "__sum16", "__wsum"]);

/**
 * What the type becomes in TypeScript.
 *
 * @param subject names the type in messages: `struct endpoint.mac`
 * @param isText whether a `char` array is a string
 * @throws {BpfgenError} `refused` for what has no faithful form
 */
export function describeType(
  context: TypeContext,
  id: number,
  subject: string,
  isText = false,
): TypeModel {
  const resolved = resolveType(context.btf, id);
  const { type } = resolved;
  const domain = domainOf(context, resolved, subject);
  if (domain !== undefined) return domain;
  if (isText) return describeText(context.btf, type, subject);
  if (type.kind === "int") {
    return { kind: "scalar", codec: integerCodec(type, resolved.typedefs, subject) };
  }
  if (type.kind === "enum") {
    return { kind: "enum", enum: describeEnum(type, resolved.typedefs, subject) };
  }
  if (type.kind === "array") return describeArray(context, type, subject);
  if (type.kind === "struct") {
    const describeField: FieldDescriber = (...field) => describeType(context, ...field);
    const struct = describeStruct(context.btf, type, resolved.typedefs, subject, describeField);
    return { kind: "struct", struct };
  }
  const [reason, hint] = refusals[type.kind] ?? [`a ${type.kind} is no value`];
  throw refusal(subject, reason, hint);
}

/** Why a kind of type is refused, and what to do instead. */
const refusals: Readonly<Record<string, readonly [reason: string, hint?: string]>> = {
  union: ["a union", "use a struct, or make it a domain type with a codec of its own"],
  pointer: ["a pointer means nothing outside of its program"],
  float: ["a floating point number, which BPF cannot compute with"],
  forward: ["it is only declared", "include the header that defines it"],
};

/** The first name that the configuration knows, from the outermost typedef in. */
function domainOf(
  { btf, domainTypes }: TypeContext,
  { typedefs, type }: ResolvedType,
  subject: string,
): TypeModel | undefined {
  const name = [...typedefs, type.name].find((each) => Object.hasOwn(domainTypes, each));
  const domain = name === undefined ? undefined : domainTypes[name];
  if (name === undefined || domain === undefined) return undefined;
  const size = sizeOf(btf, type.id);
  if (size === domain.size) return { kind: "domain", name, domain };
  throw refusal(
    subject,
    `${name} has ${String(size)} bytes, its codec ${domain.codec.name} ${String(domain.size)}`,
  );
}

function integerCodec(type: BtfInt, typedefs: readonly string[], subject: string): ScalarCodec {
  if (type.bool) return "bool";
  if (type.name === "char") {
    throw refusal(subject, "`char` is text or a number", "use char[] with TEXT, or __u8");
  }
  const name = typedefs.find((each) => otherOrder.has(each) || Object.hasOwn(fixedWidth, each));
  const codec = name === undefined ? undefined : fixedWidth[name];
  if (codec !== undefined) return codec;
  if (name !== undefined) {
    throw refusal(subject, `${name} has a byte order of its own`, "make it a domain type");
  }
  const fixed = `__${type.signed ? "s" : "u"}${String(type.size * 8)}`;
  const written = typedefs[0] ?? type.name;
  throw refusal(subject, `\`${written}\` has no fixed width`, `use ${fixed}`);
}

function describeEnum(type: BtfEnum, typedefs: readonly string[], subject: string): EnumModel {
  const cName = type.name === "" ? typedefs[0] : type.name;
  if (cName === undefined) throw refusal(subject, "an enum without a name", "give it one");
  if (type.enumerators.length === 0) throw refusal(subject, `enum ${cName} is only declared`);
  if (type.size === 8 && type.valueBits === 32) {
    throw refusal(
      `enum ${cName}`,
      "the compiler recorded the lower halves of its values only",
      "write `: unsigned long long` instead of `: __u64`",
    );
  }
  const tsNames = enumeratorNames(
    cName,
    type.enumerators.map(({ name }) => name),
  );
  const twice = repeatedName(tsNames);
  if (twice !== undefined) {
    throw refusal(`enum ${cName}`, `two values are called \`${twice}\``, "rename one");
  }
  return {
    cName,
    tsName: pascalCase(cName),
    codec: enumCodec(type, subject),
    enumerators: type.enumerators.map(({ name, value }, index) => ({
      cName: name,
      tsName: tsNames[index] ?? camelCase(name),
      value,
    })),
  };
}

function enumCodec(type: BtfEnum, subject: string): ScalarCodec {
  const codec = fixedWidth[`__${type.signed ? "s" : "u"}${String(type.size * 8)}`];
  if (codec === undefined) throw refusal(subject, `an enum of ${String(type.size)} bytes`);
  return codec;
}

function describeArray(context: TypeContext, type: BtfArray, subject: string): TypeModel {
  if (type.length === 0) {
    throw refusal(subject, "an array without a length", "give it its largest length");
  }
  const { type: inner } = resolveType(context.btf, type.element);
  if (inner.kind === "int" && inner.name === "char") {
    throw refusal(subject, "a `char` array is text or bytes", "mark it with TEXT, or use __u8");
  }
  const element = describeType(context, type.element, subject);
  if (element.kind === "scalar" && element.codec === "u8") {
    return { kind: "bytes", length: type.length };
  }
  return { kind: "array", element, length: type.length };
}

function describeText(btf: Btf, type: ResolvedType["type"], subject: string): TypeModel {
  if (type.kind === "array" && type.length > 0) {
    const element = resolveType(btf, type.element).type;
    if (element.kind === "int" && element.name === "char") {
      return { kind: "text", length: type.length };
    }
  }
  throw refusal(subject, "TEXT is for `char` arrays of a fixed length");
}
