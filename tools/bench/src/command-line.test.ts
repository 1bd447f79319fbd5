import { describe, expect, it } from "vitest";
import { type BenchRequest, parseCommandLine } from "./command-line.ts";
import { createFakeSuite } from "./testing/fake-suite.ts";

const fake = createFakeSuite();
const { baseline: _baseline, baselines: _baselines, ...rest } = fake;
const other = { ...rest, name: "other", tests: fake.tests.slice(1), contestants: ["one", "two"] };

function parse(...args: readonly string[]): BenchRequest {
  return parseCommandLine(args, [fake, other], 42);
}

function chosen(...args: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    parse(...args).requests.map(({ suite, contestants }) => [suite.name, contestants]),
  );
}

describe("the command line", () => {
  it("without anything runs everything", () => {
    const { requests, ...others } = parse();
    expect(requests.map(({ suite, rounds }) => [suite.name, rounds])).toEqual([
      ["fake", 2],
      ["other", 2],
    ]);
    expect(others).toEqual({ seed: 42, failOnRegression: false, list: false, help: false });
  });

  it("chooses suites, tests, contestants and how often", () => {
    const [request, ...more] = parse("fake", "--tests", "rate", "--rounds", "7").requests;
    expect(more).toEqual([]);
    expect(request?.tests.map(({ name }) => name)).toEqual(["rate"]);
    expect(request?.rounds).toBe(7);
  });

  it("adds whom the chosen are compared with, in the order of the suite", () => {
    expect(chosen("--contestants", "six")).toEqual({ fake: ["slow", "six"] });
    expect(chosen("--contestants", "slow,two")).toEqual({ fake: ["base", "slow"], other: ["two"] });
  });

  it("leaves out suites of which nothing is chosen", () => {
    expect(chosen("--tests", "time")).toEqual({ fake: ["base", "slow", "six"] });
  });

  it("says what to do with results", () => {
    const args = ["--from", "a", "--compare", "b", "--keep", "1.0.0", "--fail-on-regression"];
    expect(parse(...args)).toMatchObject({
      from: "a",
      compare: "b",
      keep: "1.0.0",
      failOnRegression: true,
    });
  });

  it.each([
    [["fast"], "read suite fast: there is none (there are fake, other)"],
    [
      ["fake", "--contestants", "two"],
      "read contestant two: there is none (there are base, slow, six)",
    ],
    [["--tests", "rate,x,y"], "read test x, y: there is none (there are time, rate, rate)"],
    [
      ["--tests", "time", "--contestants", "two"],
      "no suite has both such tests and such contestants",
    ],
    [["--contestants", ""], "no suite has both such tests and such contestants"],
    [["--rounds", "0"], "read --rounds 0: it is a whole number of at least 1"],
    [["--rounds", "many"], "read --rounds many: it is a whole number"],
    [["--seconds", "90"], "read --seconds 90: it is a number from 0.01 to 60"],
    [["--seed", "-1"], "seed"],
    [["--keep", "../x"], "read --keep ../x: it is 1 to 64 letters"],
    [["--fast"], "read command line: Unknown option '--fast'"],
  ])("%j is refused", (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});
