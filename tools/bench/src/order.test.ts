import fc from "fast-check";
import { expect, it } from "vitest";
import { createShuffle } from "./order.ts";

it("everybody takes part once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.array(fc.integer()), (seed, things) => {
      const shuffled = createShuffle(seed)(things);
      expect(shuffled.toSorted((a, b) => a - b)).toEqual(things.toSorted((a, b) => a - b));
    }),
  );
});

function rounds(seed: number): readonly (readonly string[])[] {
  const shuffle = createShuffle(seed);
  return Array.from({ length: 20 }, () => shuffle(["a", "b", "c", "d"]));
}

it("the same seed gives the same rounds", () => {
  expect(rounds(7)).toEqual(rounds(7));
  expect(rounds(7)).not.toEqual(rounds(8));
});

it("everybody follows everybody about as often", () => {
  const shuffle = createShuffle(1);
  const names = ["a", "b", "c", "d"];
  const pairs = new Map<string, number>();
  for (let round = 0; round < 4000; round++) {
    const order = shuffle(names);
    for (const [index, name] of order.slice(1).entries()) {
      const pair = `${String(order[index])}${name}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
  }
  expect(pairs.size).toBe(12);
  // A thousand each; the seed is fixed, so that this holds always or never.
  for (const count of pairs.values()) expect(Math.abs(count - 1000)).toBeLessThan(100);
});
