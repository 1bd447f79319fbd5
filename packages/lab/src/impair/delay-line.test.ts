import { createManualClock } from "@heddle/contracts";
import { array, assert, asyncProperty, nat, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { DelayLine } from "./delay-line.ts";

interface Item {
  readonly deadline: number;
  readonly number: number;
}

/** Lets every promise that is settled be noticed. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("a delay line", () => {
  it("lets everything go once, at its deadline, in the order of deadlines and then of arrival", async () => {
    const arrivals = array(tuple(nat(20), nat(50)), { maxLength: 40 });
    await assert(
      asyncProperty(arrivals, async (steps) => {
        const clock = createManualClock();
        const gone: (Item & { readonly at: number })[] = [];
        const line = new DelayLine<Item>({
          clock,
          emit: async (item) => void gone.push({ ...item, at: clock.monotonic() }),
          onError: (error) => {
            throw error;
          },
        });
        const items: Item[] = [];
        for (const [pause, delay] of steps) {
          for (let passed = 0; passed < pause; passed++) {
            clock.advance(1);
            await settled();
          }
          const item = { deadline: clock.monotonic() + delay, number: items.length };
          items.push(item);
          line.hold(item);
        }
        for (let passed = 0; passed <= 50; passed++) {
          clock.advance(1);
          await settled();
        }
        expect(line.size).toBe(0);
        expect(
          gone.map(({ at, deadline }) => at - deadline).every((late) => late >= 0 && late <= 1),
        ).toBe(true);
        const inOrder = items.toSorted((a, b) => a.deadline - b.deadline || a.number - b.number);
        expect(gone.map(({ number }) => number)).toEqual(inOrder.map(({ number }) => number));
      }),
      { numRuns: 20 },
    );
  });

  it("goes on after something that could not go", async () => {
    const clock = createManualClock();
    const gone: number[] = [];
    const errors: unknown[] = [];
    const line = new DelayLine<Item>({
      clock,
      async emit({ number }) {
        if (number === 1) throw new Error("no way");
        gone.push(number);
      },
      onError: (error) => errors.push(error),
    });
    for (const number of [0, 1, 2]) line.hold({ deadline: 5, number });
    clock.advance(5);
    await settled();
    expect([gone, errors]).toEqual([[0, 2], [new Error("no way")]]);
  });
});
