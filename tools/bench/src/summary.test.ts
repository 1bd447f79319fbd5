import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sample } from "./suite.ts";
import { formatSummary, parseSummary } from "./summary-file.ts";
import { summarise, type SummaryRow } from "./summary.ts";
import { createFakeSuite } from "./testing/fake-suite.ts";

const suite = createFakeSuite();

function samplesOf(contestant: string, values: readonly (number | undefined)[]): readonly Sample[] {
  return values.flatMap((value, round) =>
    value === undefined
      ? []
      : [{ suite: "fake", test: "rate", measure: "rate", contestant, round, value }],
  );
}

describe("a summary", () => {
  it("divides by the baseline of the same round", () => {
    const samples = [...samplesOf("base", [100, 200, 400]), ...samplesOf("slow", [50, 100, 200])];
    const [base, slow] = summarise(suite, samples);
    expect(base).toMatchObject({ contestant: "base", ratio: { median: 1, mad: 0 } });
    expect(slow).toMatchObject({
      contestant: "slow",
      baseline: "base",
      unit: "1/s",
      value: { count: 3, median: 100 },
      ratio: { count: 3, median: 0.5, low: 0.5, high: 0.5, mad: 0 },
    });
  });

  it("leaves out rounds that one of the two lacks, and a baseline of zero", () => {
    const samples = [
      ...samplesOf("base", [100, undefined, 0, 100]),
      ...samplesOf("slow", [50, 60, 70, undefined]),
      ...samplesOf("six", [undefined, undefined, undefined, 5]),
    ];
    const [, slow, six] = summarise(suite, samples);
    expect(slow?.value.count).toBe(3);
    expect(slow?.ratio).toMatchObject({ count: 1, median: 0.5 });
    expect(six).toMatchObject({ contestant: "six", baseline: "slow", value: { median: 5 } });
    expect(six?.ratio).toBeUndefined();
  });

  it("keeps measures of one name apart by their tests", () => {
    const rate = suite.tests.find(({ name }) => name === "rate");
    if (rate === undefined) throw new Error("the suite has no test of that name");
    const twice = { ...suite, tests: [rate, { ...rate, name: "again" }] };
    const of = { suite: "fake", measure: "rate", contestant: "base", round: 0 };
    const rows = summarise(twice, [
      { ...of, test: "rate", value: 1 },
      { ...of, test: "again", value: 7 },
    ]);
    expect(rows.map(({ test, value }) => [test, value.median])).toEqual([
      ["rate", 1],
      ["again", 7],
    ]);
  });

  it("has no ratios where there is no baseline", () => {
    const { baseline: _, ...others } = suite;
    const [row] = summarise(others, samplesOf("base", [1]));
    expect(row).toMatchObject({ contestant: "base", value: { median: 1 } });
    expect(row).not.toHaveProperty("baseline");
  });
});

describe("the file of a summary", () => {
  const spread = fc.record({
    count: fc.nat(),
    median: fc.double({ noNaN: true, noDefaultInfinity: true }),
    low: fc.double({ noNaN: true, noDefaultInfinity: true }),
    high: fc.double({ noNaN: true, noDefaultInfinity: true }),
    mad: fc.double({ noNaN: true, noDefaultInfinity: true }),
  });
  const name = fc.string({ minLength: 1 });
  const row: fc.Arbitrary<SummaryRow> = fc.record(
    {
      suite: name,
      test: name,
      measure: name,
      title: name,
      unit: name,
      better: fc.constantFrom("more", "less"),
      contestant: name,
      value: spread,
      baseline: name,
      ratio: spread,
    },
    {
      requiredKeys: ["suite", "test", "measure", "title", "unit", "better", "contestant", "value"],
    },
  );

  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const text = formatSummary(rows);
        expect(formatSummary(parseSummary(text))).toBe(text);
        expect(parseSummary(text)).toHaveLength(rows.length);
      }),
    );
  });

  it("refuses another table", () => {
    expect(() => parseSummary("suite\nx\n")).toThrow("there is no column baseline");
  });

  it("refuses what is no number", () => {
    const text = formatSummary(summarise(suite, samplesOf("base", [1234])));
    expect(() => parseSummary(text.replace("1234", "fast"))).toThrow(
      'median is "fast", and no number',
    );
    expect(() => parseSummary(text.replace("more", "most"))).toThrow('better is "most"');
  });
});
