import type { Suite } from "../suite.ts";

/** What a fake suite was told to do. */
export interface FakeSuite extends Suite {
  /** `TEST CONTESTANT` of every sample asked for. */
  readonly asked: readonly string[];
  readonly opened: number;
  readonly closed: number;
}

/**
 * Two tests with three contestants. `slow` takes twice as long as `base`, which becomes slower with every sample, as a
 * machine does that gets warm; `six` has `slow` as its baseline.
 *
 * @param meddle called before every sample: what it throws is the sample's failure
 */
export function createFakeSuite(
  meddle: (test: string, contestant: string) => void = () => undefined,
): FakeSuite {
  const state = { asked: new Array<string>(), opened: 0, closed: 0 };
  const factors: Readonly<Record<string, number>> = { base: 1, slow: 2, six: 6 };
  return {
    name: "fake",
    description: "Numbers that nobody measured.",
    baseline: "base",
    baselines: { six: "slow" },
    contestants: Object.keys(factors),
    rounds: 2,
    tests: [
      {
        name: "time",
        measures: [
          { name: "time-p50", title: "time <&> half", unit: "us", better: "less" },
          { name: "time-p99", title: "time", unit: "us", better: "less" },
        ],
      },
      { name: "rate", measures: [{ name: "rate", title: "rate", unit: "1/s", better: "more" }] },
    ],
    get asked() {
      return state.asked;
    },
    get opened() {
      return state.opened;
    },
    get closed() {
      return state.closed;
    },
    open: () => {
      state.opened++;
      return Promise.resolve({
        run: async (test, contestant) => {
          meddle(test, contestant);
          const round = state.asked.filter((asked) => asked === `${test} ${contestant}`).length;
          state.asked.push(`${test} ${contestant}`);
          const time = (factors[contestant] ?? 0) * (10 + round);
          return test === "rate"
            ? { rate: 1e6 / time }
            : { "time-p50": time, "time-p99": 10 * time };
        },
        [Symbol.asyncDispose]: () => {
          state.closed++;
          return Promise.resolve();
        },
      });
    },
  };
}
