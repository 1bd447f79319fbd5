import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WorkQueue } from "./work-queue.ts";

describe("WorkQueue", () => {
  it("gives each key once, in the order in which they came, with the last of its work", () => {
    const step = fc.record({ kind: fc.constantFrom("add", "delete", "take"), key: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const queue = new WorkQueue<number, number>();
        const model = new Map<number, number>();
        const real: unknown[] = [];
        const modelled: unknown[] = [];
        for (const [work, { kind, key }] of steps.entries()) {
          if (kind === "take") {
            const [first] = model;
            const { key: taken, work: due } = queue.take() ?? {};
            real.push([taken, due]);
            modelled.push([...(first ?? [undefined, undefined])]);
            model.delete(first?.[0] ?? -1);
          } else if (kind === "delete") {
            queue.delete(key);
            model.delete(key);
          } else {
            queue.add(key, work);
            model.set(key, work);
          }
          expect([queue.size, queue.has(key)]).toEqual([model.size, model.has(key)]);
          expect([queue.get(key), queue.first?.key]).toEqual([
            model.get(key),
            model.keys().next().value,
          ]);
          expect(new Set(queue.works())).toEqual(new Set(model.values()));
        }
        expect(real).toEqual(modelled);
      }),
    );
  });
});
