import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sumValues } from "./sum-values.ts";

const struct = fc.record({
  packets: fc.bigInt({ min: 0n }),
  state: fc.record({ used: fc.nat(), slots: fc.tuple(fc.nat(), fc.nat()) }),
});

describe("what CPUs hold together", () => {
  it("adds up field by field, in any order", () => {
    fc.assert(
      fc.property(fc.array(struct, { minLength: 1 }), (values) => {
        const [first = { packets: 0n, state: { used: 0, slots: [0, 0] as const } }] = values;
        const expected = {
          packets: values.reduce((sum, { packets }) => sum + packets, 0n),
          state: {
            used: values.reduce((sum, { state }) => sum + state.used, 0),
            slots: [0, 1].map((slot) =>
              values.reduce((sum, { state }) => sum + (state.slots[slot] ?? 0), 0),
            ),
          },
        };
        const rest = values.slice(1);
        expect(rest.reduce<unknown>(sumValues, first)).toEqual(expected);
        expect(rest.reduceRight<unknown>(sumValues, first)).toEqual(expected);
      }),
    );
  });

  it("is the first one's where it cannot be added", () => {
    const left = { mac: "02:00:00:00:00:01", count: 1, data: Uint8Array.of(1) };
    const right = { mac: "02:00:00:00:00:02", count: 2, data: Uint8Array.of(2) };
    expect(sumValues(left, right)).toEqual({ ...left, count: 3 });
  });
});
