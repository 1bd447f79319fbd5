import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay } from "./retry.ts";
import { WorkQueue } from "../work-queue.ts";

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

describe("WorkQueue", () => {
  it("gives each key once, in the order in which they came", () => {
    const step = fc.record({ kind: fc.constantFrom("add", "delete", "take"), key: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const queue = new WorkQueue<number>();
        let model: number[] = [];
        const taken: { real: number | undefined; modelled: number | undefined }[] = [];
        for (const { kind, key } of steps) {
          if (kind === "take") taken.push({ real: queue.take(), modelled: model.shift() });
          else if (kind === "delete") {
            queue.delete(key);
            model = model.filter((other) => other !== key);
          } else {
            queue.add(key);
            if (!model.includes(key)) model.push(key);
          }
          expect(queue.size).toBe(model.length);
        }
        for (const { real, modelled } of taken) expect(real).toBe(modelled);
      }),
    );
  });
});
