import { createRandom } from "./random.ts";

/** Gives the same things in another order each time it is called, so that nobody always follows the same other. */
export function createShuffle(seed: number): <T>(things: readonly T[]) => readonly T[] {
  const random = createRandom(seed);
  return (things) =>
    things
      .map((thing) => ({ thing, place: random() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ thing }) => thing);
}
