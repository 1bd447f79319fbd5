import { afterAll, describe, expect, it } from "vitest";
import { pairs } from "./testing/matrix/ends.ts";
import { kinds } from "./testing/matrix/kinds.ts";
import { missingFeature, modes } from "./testing/matrix/modes.ts";
import { type Cell, formatCells, tryMode } from "./testing/matrix/path-matrix.ts";

/** Milliseconds for the two labs of a mode. */
const timeout = 4 * Number(process.env["HEDDLE_TEST_TIMEOUT"] ?? 30_000);

const tried: Cell[] = [];
afterAll(() => {
  process.stdout.write(`${formatCells(tried)}\n`);
});

function headed({ kind, pair, family, problem }: Cell): string {
  return `${kind}, ${pair}, IPv${String(family)}: ${String(problem)}`;
}

describe("the path matrix", () => {
  it.for(modes)(
    "$name: every way is open for every kind of traffic, but for those that miss a feature by name",
    { timeout },
    async (mode, { skip }) => {
      const cells = await tryMode(mode);
      tried.push(...cells);
      const missing = missingFeature(mode);
      if (missing !== undefined) skip(`it needs ${missing}`);
      expect(cells).toHaveLength(pairs.length * 2 * kinds.length);
      expect(cells.filter(({ problem }) => problem !== undefined).map(headed)).toEqual([]);
      const count = cells.filter((cell) => cell.missing === undefined).length;
      expect(count).toBeGreaterThan(cells.length / 2);
    },
  );
});
