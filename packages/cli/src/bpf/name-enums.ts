import type { Layout } from "libbpf-napi";
import { enumValues } from "./known-maps.ts";

/**
 * A decoded value with the names of enum values in place of their numbers; a number that has no name stays,
 * as does everything else.
 */
export function nameEnums(value: unknown, layout: Layout | undefined): unknown {
  if (layout === undefined) return value;
  if (layout.kind === "scalar") return nameOf(value, layout.names) ?? value;
  if (layout.kind === "array") {
    return Array.isArray(value) ? value.map((item) => nameEnums(item, layout.element)) : value;
  }
  // Addresses are structs in C and texts here.
  if (typeof value !== "object" || value === null) return value;
  const fields = new Map(layout.fields.map(({ name, type }) => [camelCase(name), type]));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, nameEnums(item, fields.get(name))]),
  );
}

function nameOf(value: unknown, typeNames: readonly string[]): string | undefined {
  const [name] = typeNames.flatMap((type) => /^enum (\w+)$/.exec(type)?.[1] ?? []);
  const values = name === undefined ? undefined : enumValues(name);
  return Object.entries(values ?? {}).find(([, number]) => number === value)?.[0];
}

/** The generator's way from names in C to names here. */
function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
