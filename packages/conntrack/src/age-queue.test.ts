import * as fc from "fast-check";
import { expect, it } from "vitest";
import { AgeQueue, type Queued } from "./age-queue.ts";

class Item implements Queued<Item> {
  older: Item | undefined;
  newer: Item | undefined;
}

/** Adds an item, or takes out the n-th, if there is one. */
const steps = fc.array(fc.oneof(fc.constant("add" as const), fc.nat(5)), { maxLength: 60 });

it("is an array of which any element may be taken out", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new AgeQueue<Item>();
      const model: Item[] = [];
      for (const step of all) {
        const added = step === "add" ? [new Item()] : [];
        for (const item of added) queue.add(item);
        model.push(...added);
        if (step !== "add") for (const item of model.splice(step, 1)) queue.delete(item);
        expect(queue.oldest).toBe(model[0]);
      }
      for (const item of model) {
        expect(queue.oldest).toBe(item);
        queue.delete(item);
      }
      expect(queue.oldest).toBeUndefined();
    }),
  );
});
