import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Comparison, compareResults, describeComparison, noiseOf } from "./compare.ts";
import type { Machine } from "./machine.ts";
import { createRandom } from "./random.ts";
import type { Results } from "./results.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import type { SummaryRow } from "./summary.ts";

const machine: Machine = {
  processor: "Abacus",
  processors: 2,
  memory: 4,
  isVirtual: false,
  governor: "performance",
  kernel: "6.12.0 x64",
  distribution: "Debian",
  mitigations: {},
  node: "v24.0.0",
  commit: "abc",
  date: "2026-01-01T00:00:00.000Z",
};

/** Rounds whose ratios lie around this one, with an even spread. */
function rowOf(
  contestant: string,
  ratio: number,
  options: Partial<SummaryRow> = {},
  rounds = 11,
  spread = 0.01,
): SummaryRow {
  const ratios = Array.from(
    { length: rounds },
    (_, index) => ratio * (1 + (spread * (index - (rounds - 1) / 2)) / rounds),
  );
  return {
    suite: "paths",
    test: "rr",
    measure: "rr-rate",
    title: "request/response",
    unit: "1/s",
    better: "more",
    contestant,
    baseline: "veth",
    value: spreadOf(ratios.map((one) => one * 1e5)),
    ratio: spreadOf(ratios),
    ...options,
  };
}

function resultsOf(rows: readonly SummaryRow[], other: Partial<Machine> = {}): Results {
  return { machine: { ...machine, ...other }, rows };
}

function compare(before: SummaryRow, after: SummaryRow, other: Partial<Machine> = {}): Comparison {
  return compareResults(resultsOf([before]), resultsOf([after], other));
}

function twice(values: readonly number[]): Spread {
  return spreadOf(values.map((value) => 2 * value));
}

describe("a comparison", () => {
  it("finds a case that moved, and which way", () => {
    const { moved, same } = compare(rowOf("ours", 0.95), rowOf("ours", 0.85));
    expect(same).toBe(0);
    expect(moved).toMatchObject([{ of: "ratio", verdict: "worse", before: 0.95, after: 0.85 }]);
    expect(compare(rowOf("ours", 0.85), rowOf("ours", 0.95)).moved[0]?.verdict).toBe("better");
  });

  it("knows that less time is better", () => {
    const less = { better: "less" } as const;
    const { moved } = compare(rowOf("ours", 1.1, less), rowOf("ours", 1.4, less));
    expect(moved[0]?.verdict).toBe("worse");
  });

  it("does not mind less than two percent, nor what is within the spread", () => {
    expect(compare(rowOf("ours", 0.95), rowOf("ours", 0.935))).toMatchObject({
      moved: [],
      same: 1,
    });
    const wide = (ratio: number): SummaryRow => rowOf("ours", ratio, {}, 11, 0.5);
    expect(compare(wide(0.95), wide(0.85))).toMatchObject({ moved: [], same: 1 });
  });

  it("leaves the baseline, whose ratio is one, and few rounds", () => {
    expect(compare(rowOf("veth", 1), rowOf("veth", 1))).toMatchObject({ moved: [], same: 0 });
    const { moved, skipped } = compare(rowOf("ours", 0.9, {}, 4), rowOf("ours", 0.5, {}, 4));
    expect(moved).toEqual([]);
    expect([...skipped]).toEqual([["of fewer than 5 rounds", 1]]);
  });

  it("compares ratios across machines, and numbers only on the same", () => {
    const other = { kernel: "6.1.0 x64" };
    expect(compare(rowOf("ours", 0.95), rowOf("ours", 0.85), other).moved).toHaveLength(1);
    const { baseline: _baseline, ratio: _ratio, ...plain } = rowOf("ours", 0.95);
    const slower = { ...plain, value: spreadOf(Array.from({ length: 9 }, () => 8e4)) };
    expect(compare(plain, slower).moved).toMatchObject([{ of: "value", verdict: "worse" }]);
    const { moved, skipped } = compare(plain, slower, other);
    expect(moved).toEqual([]);
    expect([...skipped.keys()]).toEqual(["without a ratio, and of another machine"]);
  });

  it("does not compare what is not the same", () => {
    const { skipped } = compare(rowOf("ours", 1), rowOf("ours", 2, { baseline: "underlay" }));
    expect([...skipped.keys()]).toEqual(["of another baseline"]);
    expect([...compare(rowOf("ours", 1), rowOf("bridge", 1)).skipped.keys()]).toEqual(["new"]);
  });

  it("is told with the worst first", () => {
    const names = ["a", "b", "c", "d"];
    const before = names.map((name) => rowOf(name, 1));
    const after = [1.3, 0.9, 0.5, 1].map((ratio, index) => rowOf(names[index] ?? "", ratio));
    const lines = describeComparison(compareResults(resultsOf(before), resultsOf(after)));
    expect(lines).toEqual([
      "3 moved beyond noise (1 as before):",
      "  worse: paths rr-rate c: ratio 1.000 -> 0.5000, -50.0 %",
      "  worse: paths rr-rate b: ratio 1.000 -> 0.9000, -10.0 %",
      "  better: paths rr-rate a: ratio 1.000 -> 1.300, 30.0 %",
    ]);
    expect(describeComparison(compare(rowOf("a", 1), rowOf("a", 1)))).toEqual([
      "nothing moved beyond noise (1 as before)",
    ]);
  });
});

/** Noise of several kinds, from two even random numbers. */
const shapes: Readonly<Record<string, (one: number, other: number) => number>> = {
  normal: (one, other) => Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other),
  exponential: (one) => -Math.log(1 - one),
  even: (one) => one,
};

describe("noise", () => {
  const samples = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), {
    minLength: 5,
    maxLength: 40,
  });

  it("is the same both ways, and grows with the numbers", () => {
    fc.assert(
      fc.property(samples, samples, (before, after) => {
        const noise = noiseOf(spreadOf(before), spreadOf(after));
        expect(noiseOf(spreadOf(after), spreadOf(before))).toBeCloseTo(noise, 9);
        expect(noiseOf(twice(before), twice(after))).toBeCloseTo(2 * noise, 9);
      }),
    );
  });

  it.each(
    Object.keys(shapes).flatMap((shape) => [5, 10, 20].map((rounds) => [shape, rounds] as const)),
  )("that is %s is hardly ever exceeded by chance in %d rounds", (shape, rounds) => {
    const random = createRandom(rounds);
    const draw = (): Spread =>
      spreadOf(Array.from({ length: rounds }, () => shapes[shape]?.(random(), random()) ?? 0));
    let exceeded = 0;
    for (let pair = 0; pair < 3000; pair++) {
      const [before, after] = [draw(), draw()];
      if (Math.abs(before.median - after.median) > noiseOf(before, after)) exceeded++;
    }
    expect(exceeded).toBeLessThanOrEqual(3);
  });
});
