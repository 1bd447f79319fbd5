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

describe("the path matrix", () => {
  it.each(modes)(
    "$name: every way is open for every kind of traffic that is not missing a feature by name",
    { timeout },
    async (mode) => {
      const cells = await tryMode(mode);
      tried.push(...cells);
      expect(cells).toHaveLength(pairs.length * 2 * kinds.length);
      const problems = cells.filter(({ problem }) => problem !== undefined);
      expect(
        problems.map(
          ({ kind, pair, family, problem }) =>
            `${kind}, ${pair}, IPv${String(family)}: ${String(problem)}`,
        ),
      ).toEqual([]);
      if (missingFeature(mode) === undefined) {
        expect(cells.filter(({ missing }) => missing === undefined).length).toBeGreaterThan(
          cells.length / 2,
        );
      }
    },
  );
});
