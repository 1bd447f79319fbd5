import { describe, expect, it } from "vitest";
import { decapsulatedEcn, ecn, encapsulatedEcn } from "./index.ts";

const { notCapable, capable0, capable1, congestion } = ecn;
const codepoints = [notCapable, capable0, capable1, congestion];

describe("ECN in a tunnel (RFC 6040)", () => {
  it("is copied on the way in", () => {
    expect(codepoints.map((inner) => encapsulatedEcn(inner))).toEqual(codepoints);
  });

  // Figure 4 of the RFC, whose columns are the outer codepoints in this order.
  it.each([
    ["not capable", notCapable, [notCapable, notCapable, notCapable, "drop"]],
    ["capable (0)", capable0, [capable0, capable0, capable1, congestion]],
    ["capable (1)", capable1, [capable1, capable1, capable1, congestion]],
    ["congestion", congestion, [congestion, congestion, congestion, congestion]],
  ])("of an inner packet that says %s is joined on the way out", (_name, inner, expected) => {
    expect(codepoints.map((outer) => decapsulatedEcn(inner, outer))).toEqual(expected);
  });

  it("has the numbers of RFC 3168", () => {
    expect(codepoints).toEqual([0b00, 0b10, 0b01, 0b11]);
  });
});
