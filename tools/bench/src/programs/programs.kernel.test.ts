import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenSuite } from "../suite.ts";
import { programsSuite } from "./suite.ts";

const suite = programsSuite({ repeat: 100, batches: 1 });

let open: OpenSuite;
beforeAll(async () => (open = await suite.open(suite.contestants)));
afterAll(async () => open[Symbol.asyncDispose]());

// A run throws when a verdict or a byte of the packet afterwards is not what it has to be.
describe.each(suite.tests)("the test $name", ({ name, measures }) => {
  it.each(suite.contestants)("of %s gives each of its measures", async (contestant) => {
    const values = await open.run(name, contestant);
    expect(Object.keys(values)).toEqual(measures.map((measure) => measure.name));
    for (const value of Object.values(values)) expect(value).toSatisfy(Number.isFinite);
  });
});

it("nobody else takes part", async () => {
  await expect(suite.open(["nobody"])).rejects.toThrow("no contestant nobody");
});
