import { Document, visit } from "yaml";
import { type Kind, kindFacts, type KubernetesObjects } from "./kinds.ts";
import { type FieldType, fieldsOf } from "./schema.ts";
import { resolvePlain } from "./yaml-scalar.ts";

/**
 * Writes an object as one YAML document that begins with `---`, so that texts can be put one after another.
 *
 * {@link parseManifests} and kubectl read from it what was written: strings that YAML 1.1 would take for
 * something else are quoted. Fields that the object's class does not have are left out.
 */
export function formatManifest<K extends Kind>(kind: K, object: KubernetesObjects[K]): string {
  const { apiVersion, model } = kindFacts[kind];
  const json = { apiVersion, kind, ...encodeModel(model, object) };
  const document = new Document(json, { schema: "core", aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (isAmbiguous(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return `---\n${document.toString({ lineWidth: 0, flowCollectionPadding: false })}`;
}

/** Whether a string without quotes would mean something else. */
function isAmbiguous(value: unknown): boolean {
  return typeof value === "string" && (value === "<<" || resolvePlain(value) !== value);
}

/** Plain JSON data under the names of YAML. */
function encodeModel(model: string, object: object): Record<string, unknown> {
  const encoded: Record<string, unknown> = {};
  for (const { name, property, type } of fieldsOf(model).values()) {
    const value: unknown = Reflect.get(object, property);
    if (value !== undefined && value !== null) encoded[name] = encode(type, value);
  }
  return encoded;
}

function encode(type: FieldType, value: unknown): unknown {
  if (type.kind === "list") {
    return Array.isArray(value) ? value.map((item: unknown) => encode(type.item, item)) : value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (type.kind === "model") return encodeModel(type.model, value);
  if (type.kind !== "map") return value;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]) => [
    key,
    encode(type.item, item),
  ]);
  return Object.fromEntries(entries);
}
