import { type Btf, type BtfArray, resolveType, type ResolvedType, sizeOf } from "libbpf-napi";
import { Bpf2tsError, refusal } from "./bpf2ts-error.ts";
import type { DomainType } from "./config.ts";
import { describeEnum } from "./describe-enum.ts";
import { fixedIntegerCodec, floatCodec, integerCodec } from "./describe-scalar.ts";
import { describeStruct, type FieldDescriber } from "./describe-struct.ts";
import { describeUnion } from "./describe-union.ts";
import type { TypeModel } from "./model.ts";

/** What decides how a type is described, beside the type. */
export interface TypeContext {
  readonly btf: Btf;
  readonly domainTypes: Readonly<Record<string, DomainType>>;
  /**
   * Whether only that is taken which means the same everywhere: fixed widths, explicit padding. Else all that has
   * a size is taken, and what has no type in TypeScript becomes bytes.
   */
  readonly strict: boolean;
}

/** Where a type stands. */
export interface TypePlace {
  /** Names the type in messages: `struct endpoint.mac`. */
  readonly subject: string;
  /** What a struct or enum is called that has no name in C; undefined when that is refused. */
  readonly name?: string | undefined;
  /** Whether it is marked as a string. */
  readonly isText?: boolean;
}

/**
 * What the type becomes in TypeScript.
 *
 * @throws {Bpf2tsError} `refused` for what has no faithful form
 */
export function describeType(context: TypeContext, id: number, place: TypePlace): TypeModel {
  const resolved = resolveType(context.btf, id);
  const { type, typedefs } = resolved;
  const { subject } = place;
  const domain = domainOf(context, resolved, subject);
  if (domain !== undefined) return domain;
  if (place.isText === true) return describeText(context.btf, type, subject);
  const cName = type.name === "" ? (typedefs[0] ?? place.name) : type.name;
  if (type.kind === "int") {
    const codecOf = context.strict ? fixedIntegerCodec : integerCodec;
    return { kind: "scalar", codec: codecOf(type, typedefs, subject) };
  }
  if (type.kind === "enum")
    return { kind: "enum", enum: describeEnum(type, cName, { subject, strict: context.strict }) };
  if (type.kind === "array") return describeArray(context, type, place);
  if (type.kind === "struct") {
    const field: FieldDescriber = context.strict
      ? (...args) => describeType(context, ...args)
      : (...args) => describeOrBytes(context, ...args);
    return { kind: "struct", struct: describeStruct(context, type, cName, subject, field) };
  }
  return context.strict ? refuse(type.kind, subject) : describeLoosely(context.btf, type, subject);
}

/**
 * What the type becomes, or as many bytes as it has, with the reason.
 *
 * @throws {Bpf2tsError} `refused` for what has no size
 */
export function describeOrBytes(context: TypeContext, id: number, place: TypePlace): TypeModel {
  try {
    return describeType(context, id, place);
  } catch (error) {
    if (!(error instanceof Bpf2tsError) || error.code !== "refused") throw error;
    const { type } = resolveType(context.btf, id);
    if (type.kind === "forward" || type.kind === "void") throw error;
    const where = error.subject === place.subject ? "" : `${error.subject}: `;
    return { kind: "bytes", length: sizeOf(context.btf, id), note: `${where}${error.reason}` };
  }
}

/** Why a kind of type is refused, and what to do instead. */
const refusals: Readonly<Record<string, readonly [reason: string, hint?: string]>> = {
  union: ["a union", "use a struct, or make it a domain type with a codec of its own"],
  pointer: ["a pointer means nothing outside of its program"],
  float: ["a floating point number, which BPF cannot compute with"],
  forward: ["it is only declared", "include the header that defines it"],
};

function refuse(kind: string, subject: string): never {
  const [reason, hint] = refusals[kind] ?? [`a ${kind} is no value`];
  throw refusal(subject, reason, hint);
}

/** A pointer is its address, a union its bytes. */
function describeLoosely(btf: Btf, type: ResolvedType["type"], subject: string): TypeModel {
  if (type.kind === "union") return describeUnion(btf, type);
  if (type.kind === "pointer") return { kind: "scalar", codec: "u64" };
  if (type.kind === "float") return { kind: "scalar", codec: floatCodec(type.size, subject) };
  return refuse(type.kind, subject);
}

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

function describeArray(context: TypeContext, type: BtfArray, place: TypePlace): TypeModel {
  const { subject } = place;
  if (type.length === 0) {
    throw refusal(subject, "an array without a length", "give it its largest length");
  }
  const { type: inner } = resolveType(context.btf, type.element);
  if (inner.kind === "int" && inner.name === "char") {
    if (!context.strict) return { kind: "text", length: type.length };
    throw refusal(subject, "a `char` array is text or bytes", "mark it with TEXT, or use __u8");
  }
  const element = describeType(context, type.element, { subject, name: place.name });
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
