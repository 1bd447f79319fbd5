import { setImmediate as nextTurn } from "node:timers/promises";
import type { Change } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTable, type MutableTable, transaction } from "./index.ts";

/** Enough keys for several turns. */
const size = 1000;

function filled(): MutableTable<number, number> {
  const numbers = createTable<number, number>({ name: "numbers" });
  for (let index = 0; index < size; index++) numbers.upsert(index, 0);
  return numbers;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("upsert"), key: fc.nat(size + 10), value: fc.nat(9) }),
  fc.record({ kind: fc.constant("delete"), key: fc.nat(size + 10), value: fc.constant(0) }),
  fc.record({ kind: fc.constantFrom("turn", "synced"), key: fc.constant(0), value: fc.nat(9) }),
);

describe("a gradual replay", () => {
  it("of a small table comes at once", () => {
    const numbers = createTable<string, number>({ name: "numbers" });
    numbers.upsert("a", 1);
    numbers.markSynced();
    const seen: string[] = [];
    numbers.gradualChanges$.subscribe(({ kind }) => seen.push(kind));
    expect(seen).toEqual(["upsert", "synced"]);
  });

  it("of a large one leaves turns to others, and ends when nobody listens", async () => {
    const numbers = filled();
    numbers.markSynced();
    const seen: string[] = [];
    const subscription = numbers.gradualChanges$.subscribe(({ kind }) => seen.push(kind));
    const atOnce = seen.length;
    expect(atOnce).toBeLessThan(size);
    subscription.unsubscribe();
    await nextTurn();
    expect(seen).toHaveLength(atOnce);
    numbers.gradualChanges$.subscribe(({ kind }) => seen.push(kind));
    while (!seen.includes("synced")) await nextTurn();
    expect(seen).toHaveLength(atOnce + size + 1);
  });

  it("with changes in between comes to what the table holds, synced once and when all is told", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const numbers = filled();
        const held = new Map<number, number>();
        const mistakes: string[] = [];
        const synced: number[] = [];
        const apply = (change: Change<number, number>) => {
          if (change.kind === "upsert") held.set(change.key, change.value);
          else if (change.kind === "delete") {
            if (!held.delete(change.key)) mistakes.push(`unknown ${String(change.key)}`);
          } else {
            synced.push(held.size - numbers.size);
          }
        };
        const subscription = transaction(() => {
          numbers.upsert(-1, 1);
          return numbers.gradualChanges$.subscribe(apply);
        });
        for (const { kind, key, value } of steps) {
          if (kind === "upsert") numbers.upsert(key, value);
          else if (kind === "delete") numbers.delete(key);
          else if (kind === "synced") numbers.markSynced();
          else await nextTurn();
        }
        numbers.markSynced();
        while (synced.length === 0) await nextTurn();
        numbers.upsert(-2, 1);
        expect(held).toEqual(new Map(numbers.entries()));
        expect(mistakes).toEqual([]);
        expect(synced).toEqual([0]);
        subscription.unsubscribe();
      }),
      { numRuns: 50 },
    );
  });
});
