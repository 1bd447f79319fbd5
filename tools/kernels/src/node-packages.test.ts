import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { installedPackages } from "./node-packages.ts";

const root = mkdtempSync(join(tmpdir(), "heddle-packages-"));
afterAll(() => rmSync(root, { recursive: true }));

function manifest(folder: string, content: Readonly<Record<string, unknown>> = {}): void {
  const file = join(root, folder, "package.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

function link(name: string, target: string): void {
  mkdirSync(dirname(join(root, "node_modules", name)), { recursive: true });
  symlinkSync(join(root, target), join(root, "node_modules", name));
}

it("packages come with what they need at run time, and our own with what their tests need", () => {
  manifest("packages/own", { dependencies: { a: "1" }, devDependencies: { "@heddle/aid": "0" } });
  manifest("packages/aid", { devDependencies: { b: "1" } });
  manifest("node_modules/a", {
    dependencies: { b: "1", "@types/x": "1" },
    devDependencies: { c: "1" },
  });
  manifest("node_modules/a/node_modules/b", { peerDependencies: { a: "1" } });
  manifest("node_modules/b", { optionalDependencies: { absent: "1" } });
  manifest("node_modules/c");
  manifest("node_modules/@types/x");
  link("own", "packages/own");
  link("@heddle/aid", "packages/aid");

  const found = installedPackages(root, ["own"]);
  expect(found.toSorted((one, other) => one.folder.localeCompare(other.folder))).toEqual([
    { name: "a", folder: "node_modules/a", own: false },
    { name: "b", folder: "node_modules/a/node_modules/b", own: false },
    { name: "b", folder: "node_modules/b", own: false },
    { name: "@heddle/aid", folder: "packages/aid", own: true },
    { name: "own", folder: "packages/own", own: true },
  ]);
});
