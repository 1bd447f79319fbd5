import * as fc from "fast-check";
import { expect, it } from "vitest";
import { hashKey } from "./hash-trie.ts";
import { type Item, ItemMap } from "./item-map.ts";

class Named implements Item<string, Named> {
  readonly key: string;
  readonly hash: number;
  chained: Named | undefined = undefined;

  constructor(key: string) {
    this.key = key;
    this.hash = hashKey(key);
  }
}

it("an item map is a Map, however much it holds", () => {
  const step = fc.record({ key: fc.nat(60), add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), (steps) => {
      const items = new ItemMap<string, Named>();
      const model = new Map<string, Named>();
      for (const { key, add } of steps) {
        const name = `item ${String(key)}`;
        const held = items.get(name);
        expect(held).toBe(model.get(name));
        if (held !== undefined && !add) {
          items.delete(held);
          model.delete(name);
        } else if (held === undefined && add) {
          const item = new Named(name);
          items.add(item);
          model.set(name, item);
        }
        expect(items.size).toBe(model.size);
      }
      expect(new Set(items.values())).toEqual(new Set(model.values()));
    }),
  );
  const many = new ItemMap<string, Named>();
  for (let index = 0; index < 5000; index++) many.add(new Named(String(index)));
  const missing = Array.from({ length: 5000 }, (_, index) => String(index)).filter(
    (key) => many.get(key)?.key !== key,
  );
  expect([missing, [...many.values()].length]).toEqual([[], 5000]);
});
