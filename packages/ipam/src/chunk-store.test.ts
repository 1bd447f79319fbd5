import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ChunkStore } from "./chunk-store.ts";

/** Neighbours, and numbers far from one another. */
const number = fc.oneof(
  fc.nat(70),
  fc.nat(40).map((index) => index * 2 ** 40 + 31),
);
const step = fc.oneof(
  fc.record({ number, owner: fc.string() }),
  fc.record({ index: fc.nat(3), word: fc.integer({ min: -3, max: 3 }) }),
);

it("knows the owner of each number, and words beside", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const store = new ChunkStore();
      const owners = new Map<number, string>();
      const words = new Map<number, number>();
      for (const one of steps) {
        if ("owner" in one) {
          if (owners.delete(one.number)) store.disown(one.number);
          else {
            owners.set(one.number, one.owner);
            store.own(one.number, one.owner);
          }
        } else if (one.word === 0) {
          words.delete(one.index);
          store.delete(one.index);
        } else {
          words.set(one.index, one.word);
          store.set(one.index, one.word);
        }
        expect([store.ownerCount, store.size]).toEqual([owners.size, words.size]);
      }
      for (let one = 0; one < 71; one++) expect(store.ownerOf(one)).toBe(owners.get(one));
      for (const [one, owner] of owners) expect(store.ownerOf(one)).toBe(owner);
      for (let index = 0; index < 4; index++) expect(store.get(index)).toBe(words.get(index));
      expect([...store.owners()].toSorted()).toEqual([...owners.values()].toSorted());
    }),
  );
});

it("keeps nothing of what has gone", () => {
  const store = new ChunkStore();
  store.own(5, "a");
  store.disown(6);
  store.disown(5);
  store.disown(5);
  store.delete(0);
  expect([store.ownerCount, store.size, [...store.owners()]]).toEqual([0, 0, []]);
});
