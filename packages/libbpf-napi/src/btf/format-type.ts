import type { Btf, BtfComposite, BtfEnum, BtfPrototype, BtfType } from "./btf.ts";
import { alignmentOf, isModifier, maxDepth, tooDeep } from "./resolve.ts";

/**
 * A type as C declares it: the definition of a struct, union, enum or typedef, the declaration of a
 * function or variable, and the name of any other type. Types that it is made of are named, unless they
 * have no name.
 */
export function formatType(btf: Btf, id: number): string {
  const type = btf.type(id);
  if (isDefinition(type)) return `${definition(btf, type, "", 0)};`;
  if (type.kind === "typedef") return `typedef ${declare(btf, type.target, type.name, "", 0)};`;
  if (type.kind === "function") return `${declare(btf, type.prototype, type.name, "", 0)};`;
  if (type.kind === "variable") return `${declare(btf, type.type, type.name, "", 0)};`;
  if (type.kind === "forward") return `${type.of} ${type.name};`;
  return declare(btf, id, "", "", 0);
}

function isDefinition(type: BtfType): type is BtfComposite | BtfEnum {
  return type.kind === "struct" || type.kind === "union" || type.kind === "enum";
}

/**
 * C declarations are read from the name outwards: `inner` is what has been written around the name so
 * far, and each type adds itself on the left or on the right of it.
 */
function declare(btf: Btf, id: number, inner: string, indent: string, depth: number): string {
  if (depth === maxDepth) throw tooDeep(btf, id);
  const type = btf.type(id);
  const outwards = (next: number, around: string): string =>
    declare(btf, next, around, indent, depth + 1);
  if (type.kind === "pointer") return outwards(type.target, pointed(btf, type.target, inner));
  if (type.kind === "array") return outwards(type.element, `${inner}[${String(type.length)}]`);
  if (type.kind === "prototype") {
    return outwards(type.result, `${inner}(${parameters(btf, type, indent, depth)})`);
  }
  if (type.kind === "type-tag") {
    return `${outwards(type.target, "")} ${tag(type.name)}${spaced(inner)}`;
  }
  if (!isModifier(type) || type.kind === "typedef") {
    return baseName(btf, type, indent, depth) + spaced(inner);
  }
  // A qualifier of a pointer stands right of its `*`; any other stands in front.
  return unqualified(btf, type.target).kind === "pointer"
    ? outwards(type.target, type.kind + spaced(inner))
    : `${type.kind} ${outwards(type.target, inner)}`;
}

/** `*` binds weaker than `[]` and `()`, so a pointer to an array or function needs parentheses. */
function pointed(btf: Btf, target: number, inner: string): string {
  const { kind } = unqualified(btf, target);
  return kind === "array" || kind === "prototype" ? `(*${inner})` : `*${inner}`;
}

/** The type behind qualifiers; typedefs count as types here, since they are written by name. */
function unqualified(btf: Btf, id: number): BtfType {
  let type = btf.type(id);
  for (let depth = 0; isModifier(type) && type.kind !== "typedef"; depth++) {
    if (depth === maxDepth) throw tooDeep(btf, id);
    type = btf.type(type.target);
  }
  return type;
}

function baseName(btf: Btf, type: BtfType, indent: string, depth: number): string {
  if (type.kind === "void") return "void";
  if (type.kind === "forward") return `${type.of} ${type.name}`;
  if (!isDefinition(type)) return type.name;
  return type.name === "" ? definition(btf, type, indent, depth + 1) : `${type.kind} ${type.name}`;
}

function definition(btf: Btf, type: BtfComposite | BtfEnum, indent: string, depth: number): string {
  const lines =
    type.kind === "enum"
      ? type.enumerators.map(({ name, value }) => `${name} = ${String(value)},`)
      : type.members.map((member) => {
          const bits = member.bitSize === 0 ? "" : ` : ${String(member.bitSize)}`;
          return `${declare(btf, member.type, member.name, `${indent}\t`, depth)}${bits};`;
        });
  const body = lines.map((line) => `${indent}\t${line}\n`).join("");
  const width = type.kind === "enum" ? enumWidth(type) : "";
  const packed = type.kind !== "enum" && isPacked(btf, type) ? " __attribute__((packed))" : "";
  return `${type.kind}${spaced(type.name)}${width} {\n${body}${indent}}${packed}`;
}

const integerNames: Readonly<Record<number, string>> = { 1: "char", 2: "short", 8: "long long" };

/** C23 says the width of an enum that is not an `int`. */
function enumWidth(type: BtfEnum): string {
  const name = integerNames[type.size];
  return name === undefined ? "" : ` : ${type.signed ? "signed" : "unsigned"} ${name}`;
}

function isPacked(btf: Btf, type: BtfComposite): boolean {
  if (alignmentOf(btf, type.id) > 1) return false;
  return type.members.some((member) => alignmentOf(btf, member.type) > 1);
}

function parameters(btf: Btf, type: BtfPrototype, indent: string, depth: number): string {
  if (type.parameters.length === 0) return "void";
  const last = type.parameters.length - 1;
  return type.parameters
    .map((parameter, index) =>
      index === last && parameter.type === 0
        ? "..."
        : declare(btf, parameter.type, parameter.name, indent, depth + 1),
    )
    .join(", ");
}

function tag(name: string): string {
  return `__attribute__((btf_type_tag("${name}")))`;
}

function spaced(text: string): string {
  return text === "" ? "" : ` ${text}`;
}
