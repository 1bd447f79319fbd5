import type { SummaryRow } from "../summary.ts";
import { drawBars } from "./bars.ts";
import { drawPercentiles, isPercentile } from "./percentiles.ts";

/** Pictures by the name of their file: an overview of each suite, each of its tests, and percentiles. */
export function drawPlots(rows: readonly SummaryRow[]): ReadonlyMap<string, string> {
  const plots = new Map<string, string>();
  for (const [suite, own] of Map.groupBy(rows, (row) => row.suite)) {
    const tests = [...Map.groupBy(own, (row) => row.test)];
    plots.set(
      `${suite}.svg`,
      drawBars(
        suite,
        tests.map(([, test]) => panelsOf(test)[0] ?? []),
      ),
    );
    for (const [test, ofTest] of tests) {
      const name = `${suite}-${test}`;
      plots.set(`${name}.svg`, drawBars(`${suite}: ${test}`, panelsOf(ofTest)));
      if (ofTest.some(isPercentile)) {
        plots.set(`${name}-percentiles.svg`, drawPercentiles(`${suite}: ${test}, latency`, ofTest));
      }
    }
  }
  return plots;
}

function panelsOf(rows: readonly SummaryRow[]): readonly (readonly SummaryRow[])[] {
  return [...Map.groupBy(rows, ({ measure }) => measure).values()];
}
