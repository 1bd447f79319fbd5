import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describePerformance, fillMarks, readmePart } from "./performance-page.ts";
import { readResults, type Results, writePlots, writeResults } from "./results.ts";

const kept = "tools/bench/results";
const page = "docs/reference/performance.md";
const pictures = "docs/reference/performance";

/** Keeps results under a name, and writes the page and the part of the README that show them. */
export function keepResults(root: string, name: string, results: Results): void {
  writeResults(join(root, kept, name), results);
  rmSync(join(root, pictures), { recursive: true, force: true });
  writePlots(join(root, pictures), results.rows);
  writeFileSync(join(root, page), describePerformance(name, results));
  const readme = join(root, "README.md");
  writeFileSync(readme, fillMarks(readFileSync(readme, "utf8"), readmePart(results)));
}

/** The folder of the newest results that are kept, if there are any. */
export function newestKept(root: string): string | undefined {
  const folder = join(root, kept);
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, date: readResults(path).machine.date }))
    .toSorted((a, b) => b.date.localeCompare(a.date))[0]?.path;
}
