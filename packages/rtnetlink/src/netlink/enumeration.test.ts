import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { enumeration, flagSet } from "./enumeration.ts";

const colours = enumeration("colour", { red: 0, green: 7 });
const flags = flagSet("flag", { low: 0x1, high: 0x8000_0000 });

describe("an enumeration", () => {
  it("has a name for some numbers, and keeps the others", () => {
    expect([0, 7, 8].map((number) => colours.toName(number))).toEqual(["red", "green", 8]);
    fc.assert(
      fc.property(fc.nat(20), (number) => {
        expect(colours.toNumber(colours.toName(number))).toBe(number);
      }),
    );
  });

  it("refuses a name that it does not have", () => {
    const blue: string = "blue";
    const wider = enumeration<string>("colour", { red: 0, green: 7 });
    expect(() => wider.toNumber(blue)).toThrow(
      'encode attribute colour "blue": there is none of this name (known: red, green; any other by its number)',
    );
  });
});

describe("a set of flags", () => {
  it("names bits from the lowest on, and keeps the others by their value", () => {
    expect(flags.toFlags(0x8000_0005)).toEqual(["low", 4, "high"]);
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (bits) => {
        expect(flags.toBits(flags.toFlags(bits))).toBe(bits);
      }),
    );
  });
});
