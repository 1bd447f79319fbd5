import { expect, it } from "vitest";
import { pathTests } from "./tests.ts";

const line = {
  count: 1000,
  elapsed: 5e8,
  p50: 6000,
  p90: 7000,
  p99: 8000,
  p999: 9500,
  sent: 200,
  arrived: 150,
  bytes: 1e9,
};

it.each(pathTests.map((test) => [test.name, test] as const))(
  "%s gives a number for each of its measures",
  (_name, test) => {
    expect(Object.keys(test.valuesOf(line))).toEqual(test.measures.map(({ name }) => name));
  },
);

it("numbers are of a second, and times in microseconds", () => {
  const all = Object.assign({}, ...pathTests.map((test) => test.valuesOf(line)));
  expect(all).toMatchObject({
    "rr-rate": 2000,
    "rr-p999": 9.5,
    "udp-rate": 300,
    "udp-loss": 25,
    "throughput-1": 16,
  });
});

it("a stream is of no fewer packets than the largest segments make", () => {
  const stream = pathTests.find(({ name }) => name === "throughput-4");
  expect(stream?.packetsOf({ bytes: 2 ** 30 })).toBe(2048);
});

it("a line that lacks a number is refused", () => {
  expect(() => pathTests[0]?.valuesOf({ count: 1 })).toThrow(
    "the client's line has no number elapsed",
  );
});
