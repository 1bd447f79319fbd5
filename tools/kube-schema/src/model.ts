import { readFileSync } from "node:fs";
import { KubeSchemaError } from "./error.ts";

/** One field of a model. */
export interface ModelField {
  /** The name in JSON and YAML. */
  readonly name: string;
  /** The name in TypeScript: differs where JSON's is a reserved word (`_from` for `from`). */
  readonly property: string;
  /** The type as the model writes it: `Array<V1Container>`. */
  readonly type: string;
  /** The format that the API's description gives: `int32`, `date-time`, often empty. */
  readonly format: string;
  readonly required: boolean;
}

/** What the client's class of one type of the API says of its fields. */
export interface Model {
  readonly name: string;
  readonly fields: readonly ModelField[];
}

/** Gives the model of a name. */
export type ModelLoader = (name: string) => Promise<Model>;

/**
 * Loads models from an installed `@kubernetes/client-node`.
 *
 * Names and types come from the class's `getAttributeTypeMap()`. Which fields are required is only in
 * the declaration file: what the API's description does not require is an optional property there.
 *
 * @param folder - Address of the folder of the models, with a slash at the end.
 */
export function createModelLoader(
  folder: URL = new URL("gen/models/", import.meta.resolve("@kubernetes/client-node")),
): ModelLoader {
  return async (name) => {
    const attributes = readAttributes(name, await loadClass(folder, name));
    const optional = readOptional(folder, name);
    const fields = attributes.map((attribute) => {
      const isOptional = optional.get(attribute.property);
      if (isOptional === undefined) {
        throw modelError(
          name,
          `its declaration has no property ${attribute.property}`,
          "compare the model's .d.ts with its .js",
        );
      }
      return {
        name: attribute.name,
        property: attribute.property,
        type: attribute.type,
        format: attribute.format,
        required: !isOptional,
      };
    });
    return { name, fields };
  };
}

async function loadClass(folder: URL, name: string): Promise<unknown> {
  try {
    const module: unknown = await import(new URL(`${name}.js`, folder).href);
    return property(module, name);
  } catch (cause) {
    throw new KubeSchemaError({
      code: "unknown-model",
      operation: "load model",
      subject: name,
      reason: "the client has no such model",
      hint: "names are those of the client's classes, such as V1Pod",
      cause,
    });
  }
}

function readAttributes(model: string, type: unknown): Omit<ModelField, "required">[] {
  const read = property(type, "getAttributeTypeMap");
  const list: unknown = typeof read === "function" ? Reflect.apply(read, type, []) : undefined;
  if (!Array.isArray(list)) {
    throw modelError(
      model,
      "it has no getAttributeTypeMap() that returns a list",
      "the client generates its models in another way now: change readAttributes",
    );
  }
  return list.map((entry: unknown) => ({
    name: text(model, entry, "baseName"),
    property: text(model, entry, "name"),
    type: text(model, entry, "type"),
    format: text(model, entry, "format"),
  }));
}

/** Property name -> whether it is optional. */
function readOptional(folder: URL, name: string): ReadonlyMap<string, boolean> {
  const declaration = readFileSync(new URL(`${name}.d.ts`, folder), "utf8");
  const properties = declaration.matchAll(/^ {4}'(?<name>[^']+)'(?<mark>\??): /gm);
  return new Map(
    Array.from(properties, ({ groups }) => [groups?.["name"] ?? "", groups?.["mark"] === "?"]),
  );
}

function text(model: string, entry: unknown, key: string): string {
  const value = property(entry, key);
  if (typeof value === "string") return value;
  throw modelError(
    model,
    `an attribute has no ${key}`,
    "the client generates its models in another way now: change readAttributes",
  );
}

function property(value: unknown, key: string): unknown {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject ? Reflect.get(value, key) : undefined;
}

function modelError(model: string, reason: string, hint: string): KubeSchemaError {
  return new KubeSchemaError({
    code: "unreadable-model",
    operation: "read model",
    subject: model,
    reason,
    hint,
  });
}
