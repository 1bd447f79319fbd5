import { describe, expect, it } from "vitest";
import { controlSuites } from "./suites.ts";

// A measurement throws when it does not tell each of its measures.
describe.each(controlSuites({ quick: true }))("the suite $name", (suite) => {
  const unit = suite.contestants[0]?.replace(/\d+$/, "") ?? "";

  it.each(suite.tests)("measures $name", async ({ name }) => {
    await using open = await suite.open([]);
    const values = await open.run(name, `${unit}2`);
    for (const value of Object.values(values)) expect(value).toSatisfy(Number.isFinite);
  });
});
