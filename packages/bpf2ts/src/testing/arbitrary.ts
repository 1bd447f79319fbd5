import * as fc from "fast-check";
import type { ArrayLayout, CompositeLayout, Layout, ScalarLayout } from "libbpf-napi";
import { Bpf2tsError } from "../bpf2ts-error.ts";
import { camelCase, isReserved } from "../names.ts";

/** The values of a domain type by the name that the configuration knows it by, or undefined for any other name. */
export type DomainArbitraries = (name: string) => fc.Arbitrary<unknown> | undefined;

/**
 * All values that a generated codec takes for memory of this layout, for property tests:
 * `decode(encode(x))` is `x` for each of them.
 *
 * @throws {Bpf2tsError} `refused` for a layout that the generator refuses
 */
export function arbitraryOf(layout: Layout, domains: DomainArbitraries): fc.Arbitrary<unknown> {
  const domain = domainOf(layout, domains);
  if (domain !== undefined) return domain;
  if (layout.kind === "scalar") return scalarValues(layout);
  if (layout.kind === "array") return arrayValues(layout, domains);
  return structValues(layout, domains);
}

function domainOf(
  { names }: Layout,
  domains: DomainArbitraries,
): fc.Arbitrary<unknown> | undefined {
  for (const name of names) {
    const values = domains(name.replace(/^(?:struct|union|enum) /, ""));
    if (values !== undefined) return values;
  }
  return undefined;
}

function scalarValues({ format, size }: ScalarLayout): fc.Arbitrary<unknown> {
  if (format === "bool") return fc.boolean();
  const bits = BigInt(size * 8);
  const [min, max] = format.startsWith("s")
    ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
    : [0n, 2n ** bits - 1n];
  if (!/^(?:u|s|be)\d+$/.test(format)) throw refused(format);
  if (size === 8) return fc.bigInt({ min, max });
  return fc.integer({ min: Number(min), max: Number(max) });
}

function arrayValues(
  { element, length }: ArrayLayout,
  domains: DomainArbitraries,
): fc.Arbitrary<unknown> {
  const exactly = { minLength: length, maxLength: length };
  if (element.kind === "scalar" && element.format === "char") return textValues(length);
  const isEnum = element.names.some((name) => name.startsWith("enum "));
  const isByte = element.kind === "scalar" && element.format === "u8" && !isEnum;
  if (isByte && domainOf(element, domains) === undefined) return fc.uint8Array(exactly);
  return fc.array(arbitraryOf(element, domains), exactly);
}

/** Texts of fewer bytes than the array has, which ends with a NUL. */
function textValues(length: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: "binary", maxLength: length - 1 })
    .filter((text) => !text.includes("\0") && new TextEncoder().encode(text).length < length);
}

function structValues(layout: CompositeLayout, domains: DomainArbitraries): fc.Arbitrary<unknown> {
  if (layout.kind === "union") throw refused("union");
  const fields = layout.fields.filter((field) => !isReserved(field.name));
  const values = fields.map(
    (field) => [camelCase(field.name), arbitraryOf(field.type, domains)] as const,
  );
  return fc.record(Object.fromEntries(values), { noNullPrototype: true });
}

function refused(what: string): Bpf2tsError {
  return new Bpf2tsError({
    code: "refused",
    operation: "find values of",
    subject: what,
    reason: "generated code has no such values",
  });
}
