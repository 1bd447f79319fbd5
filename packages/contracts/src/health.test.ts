import { expect, it } from "vitest";
import { type Health, healthLevels, worseHealth } from "./index.ts";

it.each([
  ["ok", "starting"],
  ["starting", "degraded"],
  ["degraded", "failed"],
] as const)("%s is better than %s", (better, worse) => {
  const [one, other]: readonly [Health, Health] = [
    { level: better, message: "one" },
    { level: worse, message: "other" },
  ];
  expect(worseHealth(one, other)).toBe(other);
  expect(worseHealth(other, one)).toBe(other);
});

it.each(healthLevels)("of two that are %s, the first one is told", (level) => {
  const first = { level, message: "first" };
  expect(worseHealth(first, { level, message: "second" })).toBe(first);
});
