import { expect, it } from "vitest";
import { processorTimes, watchMachine } from "./conditions.ts";

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
