import {
  type CheckedScalarType,
  decodeScalar,
  type Refusal,
  scalarNames,
  wrongType,
} from "./decode-scalar.ts";
import type { Path, Report } from "./finding.ts";
import { type Fields, type FieldType, fieldsOf } from "./schema.ts";
import { didYouMean } from "./suggestion.ts";
import type { MapNode, YamlNode } from "./yaml-node.ts";

/** JSON data, with dates. */
export type DecodedValue =
  | Date
  | boolean
  | number
  | string
  | null
  | readonly DecodedValue[]
  | DecodedObject;

/** Fields under the names that the client's classes have. */
export interface DecodedObject {
  readonly [name: string]: DecodedValue;
}

export function isDecodedObject(value: DecodedValue | undefined): value is DecodedObject {
  const isObject = typeof value === "object" && value !== null;
  return isObject && !Array.isArray(value) && !(value instanceof Date);
}

/**
 * Reads a node as the model says, and reports everything in it that does not fit.
 *
 * What comes back is a value of the model's class only when nothing was reported. As in the API, `null`
 * is the same as an absent field, so is an empty string where values are enumerated, and a required list
 * may be `null` for empty.
 */
export function decodeModel(
  model: string,
  node: YamlNode,
  path: Path,
  report: Report,
): DecodedObject {
  return new Decoder(report).decodeModel(model, node, path);
}

class Decoder {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  decodeModel(model: string, node: YamlNode, path: Path): DecodedObject {
    if (node.kind !== "map") {
      this.#refuse(wrongType(node, expectations.model), node, path);
      return {};
    }
    const fields = fieldsOf(model);
    this.#reportUnknown(node, fields, path);
    const decoded: [string, DecodedValue][] = [];
    for (const { name, property, required, type } of fields.values()) {
      const value = node.entries.get(name)?.value;
      const fieldPath = [...path, name];
      if (value !== undefined && !isAbsent(type, value)) {
        decoded.push([property, this.#decode(type, value, fieldPath)]);
      } else if (required && type.kind === "list" && value !== undefined) {
        decoded.push([property, []]);
      } else if (required) {
        this.#reportMissing(type, value, node, fieldPath);
      }
    }
    return Object.fromEntries(decoded);
  }

  #decode(type: FieldType, node: YamlNode, path: Path): DecodedValue {
    if (type.kind === "model") return this.decodeModel(type.model, node, path);
    if (type.kind === "list") return this.#decodeList(type.item, node, path);
    if (type.kind === "map") return this.#decodeMap(type.item, node, path);
    if (type.kind === "enum") return this.#decodeEnum(type.values, node, path);
    return type.scalar === "any" ? toJson(node) : this.#decodeScalar(type.scalar, node, path);
  }

  #decodeList(item: FieldType, node: YamlNode, path: Path): DecodedValue {
    if (node.kind === "list") {
      return node.items.map((entry, index) => this.#decode(item, entry, [...path, index]));
    }
    const refusal = wrongType(node, expectations.list);
    this.#refuse({ ...refusal, hint: "begin each item with `- `" }, node, path);
    return [];
  }

  #decodeMap(item: FieldType, node: YamlNode, path: Path): DecodedValue {
    if (node.kind !== "map") {
      this.#refuse(wrongType(node, expectations.map), node, path);
      return {};
    }
    const entries = Array.from(node.entries, ([key, { value }]): [string, DecodedValue] => [
      key,
      this.#decode(item, value, [...path, key]),
    ]);
    return Object.fromEntries(entries);
  }

  #decodeEnum(values: readonly string[], node: YamlNode, path: Path): DecodedValue {
    const text = this.#decodeScalar("string", node, path);
    if (typeof text === "string" && !values.includes(text)) {
      const reason = `${JSON.stringify(text)} is not one of ${values.join(", ")}`;
      this.#refuse({ code: "invalid-value", reason, hint: didYouMean(text, values) }, node, path);
    }
    return text;
  }

  #decodeScalar(type: CheckedScalarType, node: YamlNode, path: Path): DecodedValue {
    const result =
      node.kind === "scalar" ? decodeScalar(type, node) : wrongType(node, scalarNames[type]);
    if ("value" in result) return result.value;
    this.#refuse(result, node, path);
    return null;
  }

  #reportUnknown(node: MapNode, fields: Fields, path: Path): void {
    for (const [name, { offset }] of node.entries) {
      if (fields.has(name)) continue;
      const names = [...fields.keys()];
      this.#report({
        code: "unknown-field",
        offset,
        path: [...path, name],
        reason: "unknown field",
        hint: didYouMean(name, names) ?? `known here: ${names.join(", ")}`,
      });
    }
  }

  #reportMissing(type: FieldType, value: YamlNode | undefined, node: MapNode, path: Path): void {
    const expected = type.kind === "scalar" ? scalarNames[type.scalar] : expectations[type.kind];
    this.#report({
      code: "missing-field",
      offset: (value ?? node).offset,
      path,
      reason: `required, but ${value === undefined ? "missing" : "empty"}`,
      hint: type.kind === "enum" ? `one of ${type.values.join(", ")}` : `write ${expected}`,
    });
  }

  #refuse(refusal: Refusal, node: YamlNode, path: Path): void {
    this.#report({ ...refusal, offset: node.offset, path });
  }
}

/** What a field takes that is not a scalar, for people. */
const expectations: Readonly<Record<Exclude<FieldType["kind"], "scalar">, string>> = {
  model: "a map of fields",
  map: "a map",
  list: "a list",
  enum: "a string",
};

/** Whether the API takes the value for none. */
function isAbsent(type: FieldType, node: YamlNode): boolean {
  if (node.kind !== "scalar") return false;
  return node.value === null || (node.value === "" && type.kind === "enum");
}

function toJson(node: YamlNode): DecodedValue {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toJson);
  const entries = Array.from(node.entries, ([key, entry]) => [key, toJson(entry.value)] as const);
  return Object.fromEntries(entries);
}
