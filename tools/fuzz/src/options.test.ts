import { expect, it } from "vitest";
import { campaignOf } from "./options.ts";

it("a campaign is what the environment says", () => {
  expect(campaignOf({ HEDDLE_FUZZ_SEED: "7", HEDDLE_FUZZ_PACKETS: "20000" })).toEqual({
    seed: 7,
    packets: 20_000,
  });
});

it("is a million packets of a fresh seed otherwise", () => {
  const campaigns = [1, 2, 3].map(() => campaignOf({ HEDDLE_FUZZ_SEED: "" }));
  expect(campaigns.map(({ packets }) => packets)).toEqual([1e6, 1e6, 1e6]);
  expect(new Set(campaigns.map(({ seed }) => seed)).size).toBeGreaterThan(1);
});

it.each(["x", "-1", "1.5", "1e3"])("refuses %s", (text) => {
  expect(() => campaignOf({ HEDDLE_FUZZ_PACKETS: text })).toThrow(
    `HEDDLE_FUZZ_PACKETS is "${text}", which is no whole number`,
  );
});
