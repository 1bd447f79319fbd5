import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OffsetSet } from "./offset-set.ts";

/** The lowest number from `from` on, below `size`, that is not in the set. */
function lowest(held: ReadonlySet<number>, size: number, from: number): number | undefined {
  for (let offset = from; offset < size; offset++) if (!held.has(offset)) return offset;
  return undefined;
}

/** Adds what is missing, deletes what is there. */
function toggle(set: OffsetSet, held: Set<number>, offset: number): void {
  if (held.delete(offset)) {
    set.delete(offset);
  } else {
    held.add(offset);
    set.add(offset);
  }
}

describe("OffsetSet", () => {
  it("is a set of numbers that knows the lowest one missing", () => {
    const ranges = fc.array(fc.tuple(fc.nat(4095), fc.nat(1500)), { maxLength: 3 });
    const toggles = fc.array(fc.nat(4095), { maxLength: 200 });
    fc.assert(
      fc.property(fc.nat(12), ranges, toggles, fc.nat(4095), (bits, blocks, offsets, from) => {
        const size = 2 ** bits;
        const set = new OffsetSet(bits);
        const held = new Set<number>();
        for (const [start, length] of blocks) {
          const range = { first: start % size, last: Math.min(size - 1, (start % size) + length) };
          const numbers = Array.from(
            { length: range.last - range.first + 1 },
            (_, index) => range.first + index,
          );
          if (numbers.some((offset) => held.has(offset))) continue;
          set.addRange(range);
          for (const offset of numbers) held.add(offset);
        }
        for (const offset of offsets) {
          toggle(set, held, offset % size);
          expect(set.firstMissing()).toBe(lowest(held, size, 0));
        }
        expect(set.firstMissing()).toBe(lowest(held, size, 0));
        expect(set.firstMissing(from % size)).toBe(lowest(held, size, from % size));
        const all = Array.from({ length: size }, (_, offset) => offset);
        expect(all.filter((offset) => set.has(offset) !== held.has(offset))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("fills up to the last number and empties again", () => {
    const set = new OffsetSet(11);
    for (let offset = 0; offset < 2048; offset++) {
      expect(set.firstMissing()).toBe(offset);
      set.add(offset);
    }
    expect(set.firstMissing()).toBeUndefined();
    for (let offset = 2047; offset >= 0; offset--) {
      set.delete(offset);
      expect(set.firstMissing()).toBe(offset);
    }
  });

  it("is as quick where nearly everything is in it", () => {
    const set = new OffsetSet(48);
    set.addRange({ first: 0, last: 2 ** 48 - 3 });
    expect(set.firstMissing()).toBe(2 ** 48 - 2);
    set.add(2 ** 48 - 2);
    set.delete(2 ** 40 + 12_345);
    expect(set.firstMissing()).toBe(2 ** 40 + 12_345);
    expect(set.firstMissing(2 ** 41)).toBe(2 ** 48 - 1);
    expect([set.has(7), set.has(2 ** 40 + 12_345), set.has(2 ** 48 - 1)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
