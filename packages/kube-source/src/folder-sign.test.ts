import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { namesManifest, signOf } from "./folder-sign.ts";

const folder = mkdtempSync(join(tmpdir(), "sign-"));
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
writeFileSync(path("full.yaml"), "kind: Pod");
writeFileSync(path("empty.yaml"), "");
writeFileSync(path(".full.yaml.new"), "kind: Pod");
writeFileSync(path("notes.txt"), "");
mkdirSync(path("..2026"));
symlinkSync("..2026", path("..data"));
symlinkSync("loop.yaml", path("loop.yaml"));

describe("an event of the folder", () => {
  it.each([
    ["full.yaml", false, "arrival"],
    ["full.yaml", true, "change"],
    ["empty.yaml", false, "change"],
    ["gone.yaml", false, "change"],
    ["loop.yaml", false, "change"],
    [undefined, false, "change"],
    [basename(folder), false, "change"],
    ["..data", false, "change"],
    ["..2026", false, "change"],
    [".full.yaml.new", false, "nothing"],
    [".full.yaml.new", true, "nothing"],
    ["notes.txt", true, "nothing"],
    [".gone.yaml.new", false, "nothing"],
  ] as const)("of %s (a write: %s) is a sign of %s", (name, isWrite, expected) => {
    expect(signOf(folder, name, isWrite)).toBe(expected);
  });
});

it.each([
  ["full.yaml", true],
  ["gone.json", true],
  [".full.yaml.new", false],
  ["..data", false],
  [basename(folder), false],
  [undefined, false],
])("%s names a manifest: %s", (name, expected) => {
  expect(namesManifest(folder, name)).toBe(expected);
});

it("does not take a folder for a manifest that has the name of one", () => {
  expect(namesManifest("/etc/all.yaml", "all.yaml")).toBe(false);
});
