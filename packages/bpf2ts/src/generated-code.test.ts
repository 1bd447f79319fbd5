import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { type Codec, decodeFromBytes } from "libbpf-napi";
import { describe, expect, it } from "vitest";
import { arbitraryOf, type DomainArbitraries } from "./testing/arbitrary.ts";
import { loadConfig } from "./config.ts";
import { codecsOf, isCodec, lawViolation } from "./testing/law.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const config = await loadConfig(join(root, "bpf/bpf2ts.config.ts"));
const files = globSync("packages/*/src/generated/bpf.ts", { cwd: root }).toSorted();

const codecs = new Map(
  await Promise.all(
    Object.entries(config.domainTypes).map(async ([name, { codec }]) => {
      const module: Readonly<Record<string, unknown>> = await import(/* @vite-ignore */ codec.from);
      return [name, module[codec.name]] as const;
    }),
  ),
);

/** The values of each domain type: what its codec makes of any bytes that it takes. */
const domains: DomainArbitraries = (name) => {
  const codec = codecs.get(name);
  return isCodec(codec) ? decodedValues(codec) : undefined;
};

function decodedValues(codec: Codec<unknown>): fc.Arbitrary<unknown> {
  const bytes = fc.uint8Array({ minLength: codec.size, maxLength: codec.size });
  return bytes
    .map((array) => {
      try {
        return { value: decodeFromBytes(codec, array) };
      } catch {
        return undefined;
      }
    })
    .filter((decoded) => decoded !== undefined)
    .map(({ value }) => value);
}

it("is where the configuration says", () => {
  expect(files.map((file) => join(root, file))).toEqual(Object.values(config.outputs).toSorted());
});

it.each(Object.entries(config.domainTypes))("has the codec of %s", (name, { size }) => {
  expect(codecs.get(name)).toMatchObject({ size });
});

describe.each(files)("%s", async (file) => {
  const module: Readonly<Record<string, unknown>> = await import(
    /* @vite-ignore */ join(root, file)
  );

  it.each(codecsOf(module))("$name decodes what it encodes", (part) => {
    expect(lawViolation(part, arbitraryOf(part.layout, domains))).toBeUndefined();
  });
});
