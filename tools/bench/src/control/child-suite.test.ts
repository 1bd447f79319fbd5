import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Measure } from "../suite.ts";
import { childSuite, type ChildSuiteOptions } from "./child-suite.ts";

const measures: readonly Measure[] = ["time", "quick"].map((name) => ({
  name,
  title: name,
  unit: "ms",
  better: "less",
}));

const options: ChildSuiteOptions = {
  name: "told",
  description: "What the program is told.",
  tests: ["tell", "forget", "fail", "hang"].map((name) => ({ name, measures })),
  contestants: ["pods-12"],
  rounds: 1,
  program: fileURLToPath(new URL("testing/told.ts", import.meta.url)),
};

describe("a measurement", () => {
  it("gives the numbers that its program tells, of the size in the contestant's name", async () => {
    await using open = await childSuite(options).open(["pods-12"]);
    expect(await open.run("tell", "pods-12")).toEqual({ time: 12, quick: 0 });
  });

  it("is only tried out when asked for", async () => {
    await using open = await childSuite({ ...options, quick: true }).open(["pods-12"]);
    expect(await open.run("tell", "pods-12")).toEqual({ time: 12, quick: 1 });
  });

  it.each([
    ["forget", "what differs is time"],
    ["fail", "it cannot be measured"],
  ])("that does not tell all of its numbers is an error: %s", async (test, reason) => {
    await using open = await childSuite(options).open(["pods-12"]);
    await expect(open.run(test, "pods-12")).rejects.toThrow(reason);
  });

  it("that takes too long is ended", async () => {
    await using open = await childSuite({ ...options, timeout: 200 }).open(["pods-12"]);
    await expect(open.run("hang", "pods-12")).rejects.toThrow("ended with");
  });

  it("of a suite that is closed is ended", async () => {
    const open = await childSuite(options).open(["pods-12"]);
    const [ended] = await Promise.allSettled([
      open.run("hang", "pods-12"),
      open[Symbol.asyncDispose](),
    ]);
    expect(ended).toMatchObject({ status: "rejected" });
  });
});

it("nobody else takes part", async () => {
  await expect(childSuite(options).open(["nobody"])).rejects.toThrow("no contestant nobody");
});
