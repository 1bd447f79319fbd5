import type { ArrayLayout, CompositeLayout, Layout, ScalarLayout } from "libbpf-napi";
import type { FileScope } from "./file-scope.ts";
import type { StructModel } from "./model.ts";
import { camelCase } from "./names.ts";
import { constantPart, type Part } from "./part.ts";
import { type Literal, quoted } from "./print.ts";

/**
 * The layouts of structs as constants, what is used before what uses it. Those of the file's own structs
 * are exported; those of scalars and domain types are not.
 */
export function emitLayouts(structs: readonly StructModel[], scope: FileScope): readonly Part[] {
  const constants = new Map<string, Part>();
  const exported = new Map(structs.map((struct) => [struct.cName, struct.tsName]));
  const add = (layout: Layout): void => {
    const cName = layoutTag(layout);
    const key = `${layout.kind} ${cName ?? ""}`;
    if (constants.has(key)) return;
    for (const part of partsOf(layout)) add(part);
    if (cName === undefined) return;
    const tsName = layout.kind === "struct" ? exported.get(cName) : undefined;
    constants.set(key, emitConstant(layout, cName, tsName, scope));
  };
  for (const { layout } of structs) add(layout);
  return [...constants.values()];
}

function partsOf(layout: Layout): readonly Layout[] {
  if (layout.kind === "scalar") return [];
  return layout.kind === "array" ? [layout.element] : layout.fields.map((field) => field.type);
}

function emitConstant(
  layout: Layout,
  cName: string,
  tsName: string | undefined,
  scope: FileScope,
): Part {
  return constantPart({
    doc: tsName === undefined ? undefined : `How {@link ${tsName}} lies in memory.`,
    exported: tsName !== undefined,
    name: scope.declare(layoutName(cName), `the layout of ${cName}`),
    type: scope.runtimeType("Layout"),
    value: fullLiteral(layout),
  });
}

/** What a layout's constant is called after: a tag, or the typedef of a scalar or of a struct without a tag. */
function layoutTag(layout: Layout): string | undefined {
  if (layout.kind === "array") return undefined;
  const name = layout.kind === "scalar" ? layout.names[0] : layout.names.at(-1);
  return name?.replace(/^(?:struct|union|enum) /, "");
}

function layoutName(cName: string): string {
  return `${camelCase(cName)}Layout`;
}

/** A layout by the name of its constant, if it has one, or in full. */
function layoutLiteral(layout: Layout): Literal {
  const cName = layoutTag(layout);
  return cName === undefined ? fullLiteral(layout) : layoutName(cName);
}

function fullLiteral(layout: Layout): Literal {
  if (layout.kind === "scalar") return scalarLiteral(layout);
  return layout.kind === "array" ? arrayLiteral(layout) : compositeLiteral(layout);
}

function arrayLiteral({ size, names, length, element }: ArrayLayout): Literal {
  return {
    kind: quoted("array"),
    size: String(size),
    names: names.map(quoted),
    length: String(length),
    element: layoutLiteral(element),
  };
}

function scalarLiteral({ format, size, names }: ScalarLayout): Literal {
  return {
    kind: quoted("scalar"),
    format: quoted(format),
    size: String(size),
    names: names.map(quoted),
  };
}

function compositeLiteral({ kind, size, names, fields }: CompositeLayout): Literal {
  return {
    kind: quoted(kind),
    size: String(size),
    names: names.map(quoted),
    fields: fields.map(({ name, offset, bits, type }): Literal => {
      const place = { name: quoted(name), offset: String(offset) };
      const bitPlace = { offset: String(bits?.offset), size: String(bits?.size) };
      const typed = { type: layoutLiteral(type) };
      return bits === undefined ? { ...place, ...typed } : { ...place, bits: bitPlace, ...typed };
    }),
  };
}
