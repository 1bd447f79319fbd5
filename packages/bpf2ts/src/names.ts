/*
 * How C names become TypeScript names. `words` are the parts between underscores.
 */

/** `gateway_mac` -> `gatewayMac`; `REASON_TO_POD` -> `reasonToPod`. */
export function camelCase(name: string): string {
  const [first = "", ...rest] = words(name);
  return first + rest.map(capitalised).join("");
}

/** `flow_key` -> `FlowKey` */
export function pascalCase(name: string): string {
  return words(name).map(capitalised).join("");
}

/** What generated files use of the language. */
export const languageNames: readonly string[] = ["Map", "Readonly", "Record", "Uint8Array"];

const takenNames = new Set([...languageNames, "Codec", "Layout"]);

/** The name of a struct or an enum: `struct map` -> `MapStruct`, since `Map` is the language's. */
export function freeTypeName(cName: string, kind: "struct" | "enum"): string {
  const name = pascalCase(cName);
  const isTaken = takenNames.has(name) || name.endsWith("Spec");
  return isTaken ? name + pascalCase(kind) : name;
}

function words(name: string): readonly string[] {
  return name
    .split("_")
    .filter((word) => word !== "")
    .map((word) => (word === word.toUpperCase() ? word.toLowerCase() : word));
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/**
 * The names of an enum's values: without the enum's own name in front, or without as many of its leading
 * words as all of them begin with. `enum nexthop_kind { NEXTHOP_POD }` -> `pod`. Nothing is taken away when a
 * name that begins with a digit, or none at all, would be left over.
 */
export function enumeratorNames(enumName: string, names: readonly string[]): readonly string[] {
  const parts = enumName.toUpperCase().split("_");
  for (let count = parts.length; count > 0; count--) {
    const prefix = `${parts.slice(0, count).join("_")}_`;
    const stripped = names.map((name) => name.startsWith(prefix) && name.slice(prefix.length));
    if (stripped.every((rest) => typeof rest === "string" && /^[A-Za-z]/.test(rest))) {
      return names.map((name) => camelCase(name.slice(prefix.length)));
    }
  }
  return names.map(camelCase);
}

/** A name that can be declared, from that of a file: `to-pod.v2` -> `to_pod_v2`. */
export function identifierOf(name: string): string {
  return name.replaceAll(/\W/g, "_");
}

/** The name of a property: as in C where it would be none otherwise. */
export function propertyName(cName: string): string {
  const name = camelCase(cName);
  return isIdentifier(name) ? name : cName;
}

/** The first name that stands in front of it too. */
export function repeatedName(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** Explicit padding: `reserved`, `reserved1`. Such a field is not in TypeScript, and 0 in memory. */
export function isReserved(fieldName: string): boolean {
  return /^reserved\d*$/.test(fieldName);
}

/** Whether a name that came out of a C name or a file name can be declared in TypeScript. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z$][\w$]*$/.test(name);
}
