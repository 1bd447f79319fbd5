import { describe, expect, it } from "vitest";
import { completeImpairment, holds, type Impairment, parseShare, parseTime } from "./impairment.ts";

describe("an impairment", () => {
  it("does nothing that was not asked for", () => {
    const full = { loss: 0.1, duplicate: 0, reorder: 0, delay: 0, gap: 10, seed: 1 };
    expect(completeImpairment({ loss: 0.1 })).toEqual(full);
    expect(completeImpairment({ loss: 1, seed: 9 })).toEqual({ ...full, loss: 1, seed: 9 });
  });

  it.each<[Impairment, string]>([
    [{}, "impair with nothing: no packet would be lost"],
    [{ loss: 0, gap: 3 }, "impair with nothing: no packet would be lost"],
    [{ loss: 1.1 }, "loss 1.1: it is a share from 0 % to 100 %"],
    [{ duplicate: -0.1 }, "duplicate -0.1: it is a share from 0 % to 100 %"],
    [{ reorder: Number.NaN }, "reorder NaN: it is a share from 0 % to 100 %"],
    [{ reorder: 0.1, gap: 0 }, "gap 0: it is more than 0 where packets are reordered"],
    [{ delay: 10_001 }, "delay 10001: it is a time from 0 s to 10 s"],
    [{ loss: 0.1, seed: 0.5 }, "seed 0.5: it is a whole number"],
    [{ loss: 0.1, seed: 2 ** 32 }, "seed 4294967296: it is a number from 0 to 4294967295"],
  ])("%j is refused", (given, message) => {
    expect(() => completeImpairment(given)).toThrow(message);
  });

  it("holds packets for delay and reordering only", () => {
    expect(holds(completeImpairment({ loss: 1, duplicate: 1 }))).toBe(false);
    expect(holds(completeImpairment({ reorder: 0.1 }))).toBe(true);
    expect(holds(completeImpairment({ delay: 1 }))).toBe(true);
  });

  it("is read from percents and times with units", () => {
    expect(["10%", "0.5%", "0%", "100%"].map(parseShare)).toEqual([0.1, 0.005, 0, 1]);
    expect(["20ms", "1.5s", "0s"].map(parseTime)).toEqual([20, 1500, 0]);
    for (const text of ["10", "%", "-1%", "1,5%", ""]) {
      expect(() => parseShare(text)).toThrow("it is not a number with % (as in 10%)");
    }
    for (const text of ["20", "ms", "1m", "-1ms", ""]) {
      expect(() => parseTime(text)).toThrow("it is not a number with ms or s (as in 20ms)");
    }
  });
});
