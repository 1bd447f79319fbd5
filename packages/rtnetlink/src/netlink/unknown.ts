import type { UnknownAttributes } from "./attributes.ts";

/** A property `unknown` with those of the attributes that have no name, if there are any. */
export function unknownOf(attributes: UnknownAttributes): { readonly unknown?: UnknownAttributes } {
  const all: [string, Uint8Array][] = Object.entries(attributes);
  const found = all.filter(([name]) => name.startsWith("#"));
  return found.length === 0 ? {} : { unknown: Object.fromEntries(found) };
}
