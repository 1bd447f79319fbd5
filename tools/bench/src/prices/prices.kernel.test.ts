import { afterAll, beforeAll, expect, it } from "vitest";
import type { OpenSuite } from "../suite.ts";
import { pricesSuite } from "./suite.ts";

const suite = pricesSuite({ repeat: 100, batches: 1 });

let open: OpenSuite;
beforeAll(async () => (open = await suite.open(suite.contestants)));
afterAll(async () => open[Symbol.asyncDispose]());

// A run throws when a step did not do what it should.
it.each(suite.contestants)("%s has a price", async (step) => {
  const values = await open.run("step", step);
  expect(Object.keys(values)).toEqual(["price"]);
  expect(values["price"]).toSatisfy(Number.isFinite);
});

it("nothing else has", async () => {
  await expect(suite.open(["miracle"])).rejects.toThrow("no step miracle");
});
