import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exampleNames } from "./testing/compile-example.ts";

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
}

describe("the README", () => {
  it("shows the examples that are compiled", () => {
    const code = [...read("README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text);
    expect(code).toEqual([read("examples/count-packets.ts"), read("examples/print-type.ts")]);
  });

  it("has a row for every error code", () => {
    const union = /export type BpfErrorCode =([\s\S]*?);/.exec(read("src/errors.ts"))?.[1] ?? "";
    const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !read("README.md").includes(`\`${String(code)}\``))).toEqual([]);
  });
});

it("the guide to attaching has every example", () => {
  const guide = read("../../docs/how-to/attach-programs.md");
  const missing = exampleNames.filter((name) => !guide.includes(`[${name}](`));
  expect(missing).toEqual([]);
});
