import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { CounterBound, EpochSlot, EventClass, Hook, Reason, schemaVersion } from "@heddle/datapath";
import { ConnCounter, NexthopKind, Outcome, Removal, WordBit } from "@heddle/conntrack/bpf";
import { afterAll, describe, expect, it } from "vitest";
import { anchors, codeBlocks, links, type Page, readPages, root } from "./markdown.ts";

const pages = readPages();
/** Inside the repository, so that packages are found; ignored by git. */
const scratch = join(root, ".heddle", "docs");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it("there are pages", () => {
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.map(({ path }) => path)).toContain("README.md");
});

it("every package has a page of its own", () => {
  const packages = globSync("packages/*", { cwd: root }).toSorted();
  const titles = packages.map((folder) => {
    const page = pages.find(({ path }) => path === `${folder}/README.md`);
    return page?.text.split("\n")[0]?.replace("# ", "");
  });
  expect(titles).toEqual(packages.map((folder) => nameOf(folder)));
});

function nameOf(folder: string): string {
  const { name }: Record<string, unknown> = Object(
    JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")),
  );
  return String(name);
}

describe("links", () => {
  const byPath = new Map(pages.map((page) => [page.path, page]));

  it.each(pages.map((page) => [page.path, page] as const))("of %s lead somewhere", (path, page) => {
    const broken = links(page).filter((target) => !leads(path, target, byPath));
    expect(broken).toEqual([]);
  });
});

/** Whether a relative link leads to a file, and to a heading of it where it names one. */
function leads(from: string, target: string, byPath: ReadonlyMap<string, Page>): boolean {
  if (/^https?:/.test(target)) return true;
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? from : join(dirname(from), file);
  if (!existsSync(join(root, path))) return false;
  const page = byPath.get(path);
  return anchor === undefined || page === undefined || anchors(page).has(anchor);
}

/** What the pages have had generated, and what they import of what they have shown before. */
const besidePages = [
  "packages/bpf2ts/examples/xdp-counter/count.ts",
  "packages/tables/examples/folder-target.ts",
  "packages/tables/examples/pod-routes.ts",
];

describe("code", () => {
  it("in TypeScript compiles", () => {
    const blocks = pages.flatMap(codeBlocks).filter(({ language }) => language === "ts");
    expect(blocks.length).toBeGreaterThan(5);
    mkdirSync(scratch, { recursive: true });
    for (const file of besidePages) copyFileSync(join(root, file), join(scratch, basename(file)));
    for (const { page, line, code } of blocks) {
      const name = `${page.replaceAll(/[^A-Za-z0-9]+/g, "-")}-${String(line)}.ts`;
      // Each block is a module of its own, whether or not it imports something.
      writeFileSync(join(scratch, name), `${code}\nexport {};\n`);
    }
    const config = {
      extends: "../../tsconfig.json",
      include: ["*.ts"],
      compilerOptions: { isolatedDeclarations: false, noUnusedLocals: false },
    };
    writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify(config));
    expect(compile()).toBe("");
  }, 60_000);
});

function compile(): string {
  try {
    return execFileSync("tsc", ["-p", scratch], { encoding: "utf8" });
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
  }
}

describe("the page of numbers", () => {
  const page = pages.find(({ path }) => path === "docs/reference/numbers.md")?.text ?? "";

  it.each([
    ["Hooks", Hook],
    ["Reasons", Reason],
    ["Next hops", NexthopKind],
    ["Event classes", EventClass],
    ["Epoch slots", EpochSlot],
    ["Counters", CounterBound],
    ["Outcomes of connection tracking", Outcome],
    ["Removals of connections", Removal],
    ["Connection words", WordBit],
    ["Connection counters", ConnCounter],
  ])("has all of %s, and nothing else", (heading, values) => {
    const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
    const rows = Array.from(section.matchAll(/^\| (\d+) +\| `(\w+)` +\|/gm), ([, value, name]) => [
      name,
      Number(value),
    ]);
    expect(Object.fromEntries(rows)).toEqual(values);
  });

  it("has the version of what is pinned", () => {
    expect(page).toMatch(new RegExp(`version of what is pinned +\\| ${String(schemaVersion)} `));
  });
});
