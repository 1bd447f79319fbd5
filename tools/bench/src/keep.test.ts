import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { newestKept } from "./keep.ts";
import { describePerformance, fillMarks } from "./performance-page.ts";
import { repository } from "./repository.ts";
import { readResults } from "./results.ts";

it("the page of performance shows the newest results that are kept, and is not there without any", () => {
  const file = join(repository, "docs/reference/performance.md");
  const page = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const newest = newestKept(repository);
  expect(page).toBe(newest && describePerformance(basename(newest), readResults(newest)));
});

it("a part is put between its marks, in place of another, and nowhere else", () => {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  const filled = fillMarks(readme, "It is quick.");
  expect(filled.split("It is quick.")).toHaveLength(2);
  expect(fillMarks(fillMarks(readme, "It is slow."), "It is quick.")).toBe(filled);
  expect(() => fillMarks("# No marks", "It is quick.")).toThrow("there are no marks");
});
