import { models } from "./generated/schema.ts";

/** Types that are written as one scalar, by their names in the generated schema. */
const scalarTypes = [
  "string",
  "bool",
  "int32",
  "int64",
  "date",
  "quantity",
  "int-or-string",
  "any",
] as const;
export type ScalarType = (typeof scalarTypes)[number];

export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "model"; readonly model: string }
  | { readonly kind: "list"; readonly item: FieldType }
  | { readonly kind: "map"; readonly item: FieldType };

interface Field {
  /** The name in YAML. */
  readonly name: string;
  /** The name in the client's TypeScript classes. */
  readonly property: string;
  readonly required: boolean;
  readonly type: FieldType;
}

/** The fields of a type of the API, by their names in YAML. */
export type Fields = ReadonlyMap<string, Field>;

const parsed = new Map<string, Fields>();

/** The fields of the model, read from the schema's text when they are first asked for. */
export function fieldsOf(model: string): Fields {
  const known = parsed.get(model);
  if (known !== undefined) return known;
  const text = models[model];
  if (text === undefined) throw new TypeError(`the generated schema has no model ${model}`);
  const fields = text
    .split(" ")
    .filter((part) => part !== "")
    .map(parseField);
  const byName = new Map(fields.map((field) => [field.name, field]));
  parsed.set(model, byName);
  return byName;
}

function parseField(text: string): Field {
  const colon = text.indexOf(":");
  const [mark = "", property] = text.slice(0, colon).split(">");
  const required = mark.endsWith("!");
  const name = required ? mark.slice(0, -1) : mark;
  return { name, property: property ?? name, required, type: parseType(text.slice(colon + 1)) };
}

function parseType(text: string): FieldType {
  if (text.startsWith("[]")) return { kind: "list", item: parseType(text.slice(2)) };
  if (text.startsWith("{}")) return { kind: "map", item: parseType(text.slice(2)) };
  if (text.startsWith("=")) return { kind: "enum", values: text.slice(1).split("|") };
  const scalar = scalarTypes.find((name) => name === text);
  return scalar === undefined ? { kind: "model", model: text } : { kind: "scalar", scalar };
}
