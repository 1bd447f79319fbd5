import fc from "fast-check";
import { expect, it } from "vitest";
import { spreadOf } from "./statistics.ts";

const numbers = fc.array(
  // Adding 0 makes 0 of -0, which sorts as 0 does.
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((value) => value + 0),
  { minLength: 1, maxLength: 30 },
);

it.each([
  [[3], { count: 1, median: 3, low: 3, high: 3, mad: 0 }],
  [[4, 1], { count: 2, median: 2.5, low: 1.75, high: 3.25, mad: 1.5 }],
  [[9, 1, 5, 3, 7], { count: 5, median: 5, low: 3, high: 7, mad: 2 }],
  [[1, 1, 1, 100], { count: 4, median: 1, low: 1, high: 25.75, mad: 0 }],
])("the spread of %j is %j", (values, spread) => {
  expect(spreadOf(values)).toEqual(spread);
});

it("of nothing there is none", () => {
  expect(() => spreadOf([])).toThrow("no numbers");
});

it("does not depend on the order, and keeps the order of quartiles", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const spread = spreadOf(values);
      expect(spreadOf(values.toReversed())).toEqual(spread);
      expect(spread.low).toBeLessThanOrEqual(spread.median);
      expect(spread.median).toBeLessThanOrEqual(spread.high);
      expect(spread.mad).toBeGreaterThanOrEqual(0);
    }),
  );
});

it("half of the numbers are on each side of the median", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const { median } = spreadOf(values);
      expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(
        values.length / 2,
      );
      expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(
        values.length / 2,
      );
    }),
  );
});
