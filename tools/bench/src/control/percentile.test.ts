import fc from "fast-check";
import { expect, it } from "vitest";
import { percentile } from "./percentile.ts";

it.each([
  [50, 2],
  [75, 3],
  [76, 4],
  [99, 4],
  [100, 4],
])("%d %% of 4, 1, 3, 2 are no greater than %d", (percent, expected) => {
  expect(percentile([4, 1, 3, 2], percent)).toBe(expected);
});

it("is one of the values, and as many are no greater", () => {
  const values = fc.array(fc.integer(), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (numbers, percent) => {
      const found = percentile(numbers, percent);
      expect(numbers).toContain(found);
      const share = numbers.filter((value) => value <= found).length / numbers.length;
      expect(share * 100).toBeGreaterThanOrEqual(percent - 1e-9);
    }),
  );
});

it("no numbers have none", () => {
  expect(() => percentile([], 50)).toThrow("no numbers");
});
