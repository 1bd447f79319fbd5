import { createHash } from "node:crypto";
import type { CompositeLayout, FieldLayout, Layout } from "./layout.ts";

/**
 * A short text that is the same for the same layouts, in every release: 16 hexadecimal digits of a SHA-256.
 *
 * It covers what decides how bytes are read: fields with name, offset and type, lengths, sizes and byte order.
 * It does not cover the names of types, nor the enumerators of an enum. Several layouts, such as those of a
 * map's key and value, have one hash together.
 */
export function layoutHash(...layouts: readonly Layout[]): string {
  const text = layouts.map(canonical).join("|");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function canonical(layout: Layout): string {
  if (layout.kind === "scalar") return layout.format;
  if (layout.kind === "array") return `[${String(layout.length)}]${canonical(layout.element)}`;
  const fields = layout.fields.map(canonicalField).join("");
  return `${layout.kind}:${String(layout.size)}{${fields}}`;
}

function canonicalField({ name, offset, bits, type }: FieldLayout): string {
  const place =
    bits === undefined ? String(offset) : `bit${String(bits.offset)}+${String(bits.size)}`;
  return `${name}@${place}:${canonical(type)};`;
}

/** A type for people: `u8[6]`, `struct endpoint`. */
export function layoutName(layout: Layout): string {
  if (layout.kind === "scalar") return layout.format;
  if (layout.kind === "array") return arrayName(layoutName(layout.element), layout.length);
  return layout.names.at(-1) ?? `an anonymous ${layout.kind}`;
}

/** C writes the outer dimension first: `u8[2][6]` has two rows of six. */
function arrayName(element: string, length: number): string {
  const inner = element.indexOf("[");
  const base = inner < 0 ? element.length : inner;
  return `${element.slice(0, base)}[${String(length)}]${element.slice(base)}`;
}

/**
 * The first difference between two layouts, by field:
 * "field `mac` at offset 8: wanted u8[6], found u32". Undefined when they are the same.
 */
export function describeLayoutDifference(wanted: Layout, found: Layout): string | undefined {
  return difference(wanted, found, "", 0);
}

function difference(wanted: Layout, found: Layout, path: string, base: number): string | undefined {
  if (canonical(wanted) === canonical(found)) return undefined;
  if (isComposite(wanted) && isComposite(found) && wanted.kind === found.kind) {
    return fieldDifference(wanted, found, path, base) ?? sizeDifference(wanted, found, path);
  }
  if (wanted.kind === "array" && found.kind === "array" && wanted.length === found.length) {
    return difference(wanted.element, found.element, `${path}[0]`, base);
  }
  const where = path === "" ? "" : `field \`${path}\` at offset ${String(base)}: `;
  return `${where}wanted ${layoutName(wanted)}, found ${layoutName(found)}`;
}

function isComposite(layout: Layout): layout is CompositeLayout {
  return layout.kind === "struct" || layout.kind === "union";
}

function sizeDifference(wanted: Layout, found: Layout, path: string): string {
  const where = path === "" ? "" : `field \`${path}\`: `;
  return `${where}wanted ${String(wanted.size)} bytes, found ${String(found.size)}`;
}

/** Both lists are in the order of memory, so the first pair that differs is the first difference. */
function fieldDifference(
  wanted: CompositeLayout,
  found: CompositeLayout,
  path: string,
  base: number,
): string | undefined {
  const count = Math.max(wanted.fields.length, found.fields.length);
  for (let index = 0; index < count; index++) {
    const reason = pairDifference(wanted.fields[index], found.fields[index], path, base);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function pairDifference(
  wanted: FieldLayout | undefined,
  found: FieldLayout | undefined,
  path: string,
  base: number,
): string | undefined {
  if (wanted === undefined || found === undefined) return loneField(wanted, found, path, base);
  const wantedPath = joined(path, wanted.name);
  if (wanted.name !== found.name) {
    return `${placed(path, wanted, base)}: wanted ${layoutName(wanted.type)}, found ${foundField(path, found, base)}`;
  }
  if (placeOf(wanted, base) !== placeOf(found, base)) {
    return `field \`${wantedPath}\`: wanted ${placeOf(wanted, base)}, found ${placeOf(found, base)}`;
  }
  return difference(wanted.type, found.type, wantedPath, base + wanted.offset);
}

function loneField(
  wanted: FieldLayout | undefined,
  found: FieldLayout | undefined,
  path: string,
  base: number,
): string | undefined {
  if (wanted !== undefined) {
    return `${placed(path, wanted, base)}: wanted ${layoutName(wanted.type)}, found nothing`;
  }
  if (found === undefined) return undefined;
  return `${placed(path, found, base)}: wanted nothing, found ${layoutName(found.type)}`;
}

function joined(path: string, name: string): string {
  const step = name === "" ? "(anonymous)" : name;
  return path === "" ? step : `${path}.${step}`;
}

function placed(path: string, field: FieldLayout, base: number): string {
  return `field \`${joined(path, field.name)}\` ${placeOf(field, base)}`;
}

function foundField(path: string, field: FieldLayout, base: number): string {
  return `${layoutName(field.type)} \`${joined(path, field.name)}\` ${placeOf(field, base)}`;
}

function placeOf(field: FieldLayout, base: number): string {
  const { bits, offset } = field;
  if (bits === undefined) return `at offset ${String(base + offset)}`;
  return `at bit ${String(base * 8 + bits.offset)} with ${String(bits.size)} bits`;
}
