import { type IpPrefix, parsePrefix, prefixesOverlap } from "@heddle/contracts";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PrefixOverlaps } from "./prefix-overlaps.ts";

/** Few of each family, so that lengths go out of use and come back. */
const all = [
  "10.0.0.0/8",
  "10.1.0.0/16",
  "10.1.1.0/24",
  "10.2.0.0/16",
  "fd00::/32",
  "fd00:0:1::/48",
].map(parsePrefix);

const step = fc.record({ prefix: fc.constantFrom(...all), present: fc.boolean() });

it("whatever prefixes come and go, those that overlap are those that there are", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
      const overlaps = new PrefixOverlaps();
      const held = new Set<IpPrefix>();
      for (const { prefix, present } of steps) {
        if (present) overlaps.add(prefix);
        else overlaps.delete(prefix);
        if (present) held.add(prefix);
        else held.delete(prefix);
        for (const one of held) {
          const others = [...held].filter((other) => other !== one && prefixesOverlap(one, other));
          expect([...overlaps.overlapping(one)].toSorted()).toEqual(others.toSorted());
        }
      }
    }),
    { numRuns: 500 },
  );
});
