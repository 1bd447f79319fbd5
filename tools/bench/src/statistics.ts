/** The middle of some numbers, and how far they lie around it. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  /** A quarter of the numbers is below it. */
  readonly low: number;
  /** A quarter of the numbers is above it. */
  readonly high: number;
  /** The median of the distances from the median. */
  readonly mad: number;
}

/** @throws when there are no numbers */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const distances = sorted.map((value) => Math.abs(value - median)).toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    median,
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    mad: quantile(distances, 0.5),
  };
}

/** Between the two nearest numbers, in proportion (the seventh definition of Hyndman and Fan). */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new Error("no numbers, no quantile");
  return below + (above - below) * (position - Math.floor(position));
}
