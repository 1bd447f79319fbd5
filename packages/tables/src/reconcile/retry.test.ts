import { describe, expect, it } from "vitest";
import { retryDelay } from "./retry.ts";

describe("retryDelay", () => {
  it.each([
    [1, 0, 100],
    [2, 0, 200],
    [3, 0, 400],
    [4, 0, 500],
    [1000, 0, 500],
    [5000, 0, 500],
    [1, 1, 50],
    [3, 0.5, 300],
  ])("after %d failures with %d of chance is %d ms", (failures, random, delay) => {
    const policy = { initialDelay: 100, maxDelay: 500, jitter: 0.5 };
    expect(retryDelay(policy, failures, random)).toBe(delay);
  });
});
