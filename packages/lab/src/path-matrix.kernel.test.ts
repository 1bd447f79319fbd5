import { afterAll, describe, expect, it } from "vitest";
import { pairs } from "./testing/matrix/ends.ts";
import { kinds } from "./testing/matrix/kinds.ts";
import { missingFeature, modes } from "./testing/matrix/modes.ts";
import { type Cell, formatCells, formatProblem, tryMode } from "./testing/matrix/path-matrix.ts";

/** Milliseconds for the two labs of a mode, also where much of it fails. */
const timeout = 10 * Number(process.env["HEDDLE_TEST_TIMEOUT"] ?? 30_000);

const tried: Cell[] = [];
afterAll(() => {
  process.stdout.write(`${formatCells(tried)}\n`);
});

describe("the path matrix", () => {
  it.for(modes)(
    "$name: every way is open for every kind of traffic, but for those that miss a feature by name",
    { timeout },
    async (mode, { skip }) => {
      const cells: Cell[] = [];
      for await (const cell of tryMode(mode)) {
        cells.push(cell);
        tried.push(cell);
      }
      const missing = missingFeature(mode);
      if (missing !== undefined) skip(`it needs ${missing}`);
      expect(cells).toHaveLength(pairs.length * 2 * kinds.length);
      expect(cells.filter(({ problem }) => problem !== undefined).map(formatProblem)).toEqual([]);
      const count = cells.filter((cell) => cell.missing === undefined).length;
      expect(count).toBeGreaterThan(cells.length / 3);
    },
  );
});
