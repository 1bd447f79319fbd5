import { type Spread, spreadOf } from "./statistics.ts";
import type { Measure, Sample, Suite } from "./suite.ts";

/** What is known of one measure of one contestant after all rounds. */
export interface SummaryRow extends Omit<Measure, "name"> {
  readonly suite: string;
  readonly test: string;
  readonly measure: string;
  readonly contestant: string;
  readonly value: Spread;
  /** Whom the ratio is to. */
  readonly baseline?: string;
  /** Of the value to the baseline's in the same round; absent where no round has both, or where the baseline is 0. */
  readonly ratio?: Spread;
}

/** A row per measure and contestant that has samples, in the order of the suite. */
export function summarise(suite: Suite, samples: readonly Sample[]): readonly SummaryRow[] {
  const byCase = Map.groupBy(
    samples.filter((sample) => sample.suite === suite.name),
    ({ test, measure, contestant }) => `${test} ${measure} ${contestant}`,
  );
  return suite.tests.flatMap((test) =>
    test.measures.flatMap(({ name: measure, ...about }) =>
      suite.contestants.flatMap((contestant) => {
        const own = byCase.get(`${test.name} ${measure} ${contestant}`);
        if (own === undefined) return [];
        const row = { suite: suite.name, test: test.name, measure, contestant, ...about };
        const value = spreadOf(own.map((sample) => sample.value));
        const baseline = baselineOf(suite, contestant);
        if (baseline === undefined) return [{ ...row, value }];
        const ratios = ratiosOf(own, byCase.get(`${test.name} ${measure} ${baseline}`) ?? []);
        return [{ ...row, value, baseline, ...(ratios.length > 0 && { ratio: spreadOf(ratios) }) }];
      }),
    ),
  );
}

/** Whose number a contestant's is divided by: nobody's where the suite has no baseline. */
export function baselineOf(
  { baseline, baselines }: Pick<Suite, "baseline" | "baselines">,
  contestant: string,
): string | undefined {
  return baselines?.[contestant] ?? baseline;
}

function ratiosOf(own: readonly Sample[], baseline: readonly Sample[]): readonly number[] {
  const byRound = new Map(baseline.map(({ round, value }) => [round, value]));
  return own
    .map(({ round, value }) => value / (byRound.get(round) ?? 0))
    .filter((ratio) => Number.isFinite(ratio));
}
