import { describe, expect, it } from "vitest";
import { commandOf, exampleNames } from "./testing/compile-example.ts";
import { exampleOf } from "./testing/examples/example.ts";
import { networkExamples } from "./testing/examples/network.ts";
import { socketExamples } from "./testing/examples/sockets.ts";
import { tracingExamples } from "./testing/examples/tracing.ts";

const tests = { ...networkExamples, ...socketExamples, ...tracingExamples };

it("the folder has every example that is tested", () => {
  expect(exampleNames).toEqual(Object.keys(tests).toSorted());
});

describe("the example", () => {
  it.for(exampleNames)("%s does what it says", async (name, context) => {
    expect(commandOf(name, "node")).toMatch(/^node main\.ts/);
    const test = tests[name];
    if (test === undefined) throw new Error(`there is no test of the example ${name}`);
    await test(exampleOf(name, context), context);
  });
});
