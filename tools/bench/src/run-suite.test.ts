import { expect, it } from "vitest";
import { createShuffle } from "./order.ts";
import { type RunDeps, runSuite, type SuiteRequest } from "./run-suite.ts";
import { createFakeSuite, type FakeSuite } from "./testing/fake-suite.ts";

const deps: RunDeps = {
  shuffle: createShuffle(1),
  watch: () => () => ({ load: 0.5, steal: 0 }),
  report: () => undefined,
};

function requestOf(suite: FakeSuite, rounds = 3): SuiteRequest {
  return { suite, tests: suite.tests, contestants: suite.contestants, rounds };
}

it("runs every test with every contestant in every round, in changing order", async () => {
  const suite = createFakeSuite();
  const run = await runSuite(deps, requestOf(suite), {});
  expect(run.failures).toEqual([]);
  expect(run.samples).toHaveLength(3 * 3 * 3);
  expect(run.rounds.map(({ round, load }) => [round, load])).toEqual([
    [0, 0.5],
    [1, 0.5],
    [2, 0.5],
  ]);
  const orders = Array.from({ length: 6 }, (_, index) =>
    suite.asked.slice(3 * index, 3 * index + 3),
  );
  for (const order of orders) {
    expect(new Set(order.map((asked) => asked.split(" ")[0])).size).toBe(1);
    expect(new Set(order).size).toBe(3);
  }
  expect(
    new Set(orders.map((order) => order.map((asked) => asked.split(" ")[1]).join())).size,
  ).toBeGreaterThan(1);
  expect([suite.opened, suite.closed]).toEqual([1, 1]);
});

it("a sample that fails is noted, and the others go on", async () => {
  const suite = createFakeSuite((test, contestant) => {
    if (test === "rate" && contestant === "slow") throw new Error("the connection was lost");
  });
  const { samples, failures } = await runSuite(deps, requestOf(suite, 1), {});
  expect(failures).toEqual([
    {
      suite: "fake",
      test: "rate",
      contestant: "slow",
      round: 0,
      reason: "the connection was lost",
    },
  ]);
  expect(samples).toHaveLength(3 * 2 + 2);
  expect(suite.closed).toBe(1);
});

it("a sample that lacks a number has none", async () => {
  const fake = createFakeSuite();
  const suite = {
    ...fake,
    open: () =>
      Promise.resolve({
        run: () => Promise.resolve({ "time-p50": 1, "time-p99": Number.NaN, rate: 1 }),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
  const { samples, failures } = await runSuite(deps, requestOf(suite, 1), {});
  expect(samples.map(({ measure }) => measure)).toEqual(["rate", "rate", "rate"]);
  expect(failures.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 3 }, () => "it gave NaN for time-p99"),
  );
});

it("ends early with what it has, once it is told to, and takes down what it set up", async () => {
  const stop = new AbortController();
  const suite = createFakeSuite((test, contestant) => {
    if (suite.asked.length === 10) {
      stop.abort();
      throw new Error(`${test} of ${contestant} was ended`);
    }
  });
  const { samples, failures } = await runSuite(deps, requestOf(suite, 100), {
    signal: stop.signal,
  });
  expect(suite.asked).toHaveLength(10);
  expect(samples.filter(({ round }) => round === 0)).toHaveLength(9);
  expect(failures).toEqual([]);
  expect(suite.closed).toBe(1);
});

it("a suite that cannot be set up, or taken down, is a failure, and what it gave is kept", async () => {
  const fake = createFakeSuite();
  const broken = { ...fake, open: () => Promise.reject(new Error("no compiler")) };
  expect((await runSuite(deps, requestOf(broken), {})).failures).toEqual([
    { suite: "fake", test: "", contestant: "", round: 0, reason: "no compiler" },
  ]);
  const sticky = {
    ...fake,
    open: async () => ({
      ...(await fake.open([])),
      [Symbol.asyncDispose]: () => Promise.reject(new Error("it is busy")),
    }),
  };
  const { samples, failures } = await runSuite(deps, requestOf(sticky, 1), {});
  expect(samples).toHaveLength(9);
  expect(failures.map(({ reason }) => reason)).toEqual(["it is busy"]);
});
