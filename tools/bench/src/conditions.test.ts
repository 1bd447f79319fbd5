import { expect, it } from "vitest";
import { describeDisturbed, processorTimes, watchMachine } from "./conditions.ts";

it("times of all processors, without those of guests, which are the users' too", () => {
  const stat = "cpu  10 20 30 400 5 6 7 22 1000 1000\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
  expect(processorTimes(stat)).toEqual({ total: 500, steal: 22 });
});

it("this machine can be watched", () => {
  const { load, steal } = watchMachine()();
  expect(load).toBeGreaterThanOrEqual(0);
  expect(steal).toBeGreaterThanOrEqual(0);
  expect(steal).toBeLessThanOrEqual(100);
});

it("rounds with other work, or a host that takes its share, are told", () => {
  const quiet = { load: 2, steal: 0.5 };
  expect(describeDisturbed([quiet, quiet], 2)).toBeUndefined();
  expect(describeDisturbed([quiet, { ...quiet, load: 3 }, { ...quiet, steal: 2 }], 2)).toBe(
    "2 of 3 rounds were disturbed (a load above 2.5, or more than 1 % taken by other machines): see rounds.csv",
  );
  expect(describeDisturbed([{ load: 3, steal: 0 }], 4)).toBeUndefined();
});
