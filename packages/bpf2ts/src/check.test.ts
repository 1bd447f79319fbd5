import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkFiles } from "./check.ts";
import { writeFiles } from "./generated-file.ts";

const folder = mkdtempSync(join(tmpdir(), "hdt-bpf2ts-"));
const path = join(folder, "new", "bpf.ts");
const lines = Array.from({ length: 30 }, (_, index) => `line ${String(index)}`);

afterAll(() => rmSync(folder, { recursive: true }));

describe("generated files", () => {
  it("are stale while they are missing", () => {
    expect(() => checkFiles([{ path, content: "a\n" }], "npm run bpf2ts")).toThrow(
      `check generated files: 1 of 1 are stale\n${path}: missing (run \`npm run bpf2ts\` and commit what it changes)`,
    );
  });

  it("are fresh once written, and not written again", () => {
    const files = [{ path, content: lines.join("\n") }];
    expect(writeFiles(files)).toEqual(files);
    expect(writeFiles(files)).toEqual([]);
    expect(() => checkFiles(files, "x")).not.toThrow();
    expect(readFileSync(path, "utf8")).toBe(lines.join("\n"));
  });

  it.each([
    ["a changed line", lines.with(10, "changed"), "11\n  - line 10\n  + changed (run"],
    ["a line too few", lines.slice(0, -1), "30\n  - line 29 (run"],
    ["a line too many", [...lines, "more"], "31\n  + more (run"],
    [
      "much",
      lines.map((line) => line.toUpperCase()),
      "  - line 7\n  - ... 22 more lines\n  + LINE 0",
    ],
  ])("show %s", (_what, wanted, shown) => {
    writeFileSync(path, lines.join("\n"));
    expect(() => checkFiles([{ path, content: wanted.join("\n") }], "x")).toThrow(shown);
  });
});
