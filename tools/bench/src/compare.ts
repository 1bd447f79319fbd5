import { isSameMachine } from "./machine.ts";
import type { Results } from "./results.ts";
import type { Spread } from "./statistics.ts";
import type { SummaryRow } from "./summary.ts";

/** How a case differs from what it was. */
interface Movement {
  readonly row: SummaryRow;
  /** What was compared: only on the same machine it is the numbers themselves. */
  readonly of: "ratio" | "value";
  readonly before: number;
  readonly after: number;
  readonly verdict: "better" | "worse";
}

export interface Comparison {
  /** Beyond noise, the worst first. */
  readonly moved: readonly Movement[];
  /** How many cases are as they were. */
  readonly same: number;
  /** How many could not be compared, by the reason. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** A difference that nobody has to care about, whatever the statistics say. */
const least = 0.02;

/** With fewer rounds the spread itself is a guess. */
const leastRounds = 5;

/** Finds what moved between two results. The baseline itself is not compared, as it is what the others are compared with. */
export function compareResults(before: Results, after: Results): Comparison {
  const isSame = isSameMachine(before.machine, after.machine);
  const known = new Map(before.rows.map((row) => [keyOf(row), row]));
  const moved: Movement[] = [];
  const skipped = new Map<string, number>();
  let same = 0;
  for (const row of after.rows.filter(({ contestant, baseline }) => contestant !== baseline)) {
    const movement = compareRow(known.get(keyOf(row)), row, isSame);
    if (movement === undefined) same++;
    else if (typeof movement === "string") skipped.set(movement, (skipped.get(movement) ?? 0) + 1);
    else moved.push(movement);
  }
  return { moved: moved.toSorted(worstFirst), same, skipped };
}

function keyOf({ suite, test, measure, contestant }: SummaryRow): string {
  return `${suite} ${test} ${measure} ${contestant}`;
}

/** The movement; nothing where there is none, or why it cannot be told. */
function compareRow(
  old: SummaryRow | undefined,
  row: SummaryRow,
  isSame: boolean,
): Movement | string | undefined {
  if (old === undefined) return "new";
  const byRatio = old.ratio !== undefined && row.ratio !== undefined;
  if (byRatio && old.baseline !== row.baseline) return "of another baseline";
  if (!byRatio && !isSame) return "without a ratio, and of another machine";
  const [before, after] = byRatio ? [old.ratio, row.ratio] : [old.value, row.value];
  if (Math.min(before.count, after.count) < leastRounds)
    return `of fewer than ${String(leastRounds)} rounds`;
  const change = after.median - before.median;
  if (Math.abs(change) <= Math.max(noiseOf(before, after), least * Math.abs(before.median))) {
    return undefined;
  }
  return {
    row,
    of: byRatio ? "ratio" : "value",
    before: before.median,
    after: after.median,
    verdict: change > 0 === (row.better === "more") ? "better" : "worse",
  };
}

/**
 * The difference of two medians that chance alone exceeds in fewer than one of 3,000 cases.
 *
 * A median of n numbers has the standard error 1.2533 s / sqrt(n), where s is estimated by the larger of
 * 1.4826 MAD and the distance of the quartiles / 1.349: the first alone is far too small where numbers lie in two
 * heaps. As s is itself uncertain when there are few rounds, the factor is 4 + 150 / n^2, found by simulation of
 * normal, exponential and t-distributed noise (compare.test.ts repeats it).
 */
export function noiseOf(before: Spread, after: Spread): number {
  const rounds = Math.min(before.count, after.count);
  return (4 + 150 / rounds ** 2) * Math.hypot(errorOf(before), errorOf(after));
}

function errorOf({ count, low, high, mad }: Spread): number {
  return (1.2533 * Math.max(1.4826 * mad, (high - low) / 1.349)) / Math.sqrt(count);
}

/** Worse before better, and each by how much it moved. */
function worstFirst(left: Movement, right: Movement): number {
  if (left.verdict !== right.verdict) return left.verdict === "worse" ? -1 : 1;
  return changeOf(right) - changeOf(left);
}

function changeOf({ before, after }: Movement): number {
  return before === 0 ? Number.MAX_VALUE : Math.abs(after / before - 1);
}

/** The comparison as lines to print. */
export function describeComparison({ moved, same, skipped }: Comparison): readonly string[] {
  const counts = [...skipped].map(([reason, count]) => `${String(count)} ${reason}`);
  const rest = [`${String(same)} as before`, ...counts].join(", ");
  if (moved.length === 0) return [`nothing moved beyond noise (${rest})`];
  return [`${String(moved.length)} moved beyond noise (${rest}):`, ...moved.map(describeMovement)];
}

function describeMovement({ row, of, before, after, verdict }: Movement): string {
  const change = before === 0 ? "from 0" : `${(100 * (after / before - 1)).toFixed(1)} %`;
  const numbers = `${of} ${before.toPrecision(4)} -> ${after.toPrecision(4)}, ${change}`;
  return `  ${verdict}: ${row.suite} ${row.measure} ${row.contestant}: ${numbers}`;
}
