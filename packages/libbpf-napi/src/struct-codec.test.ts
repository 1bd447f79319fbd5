import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFromBytes, encodeToBytes } from "./codec.ts";
import { u16be, u32, u64 } from "./codecs.ts";
import { structOf } from "./struct-codec.ts";
import { text } from "./text-codec.ts";

const endpoint = structOf({ process: u32, port: u16be, pad: u16be, name: text(8), bytes: u64 });

describe("a struct by its fields", () => {
  it("lies in memory field after field", () => {
    const value = { process: 1, port: 0x1234, pad: 0, name: "web", bytes: 2n };
    const array = [
      1, 0, 0, 0, 0x12, 0x34, 0, 0, 119, 101, 98, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
    ];
    expect(endpoint.size).toBe(24);
    expect([...encodeToBytes(endpoint, value)]).toEqual(array);
  });

  it("is decoded as it was encoded, inside of other structs too", () => {
    const pair = structOf({ first: endpoint, second: endpoint });
    const one = fc.record({
      process: fc.nat(0xffff_ffff),
      port: fc.nat(0xffff),
      pad: fc.constant(0),
      name: fc.constantFrom("", "a", "heddle"),
      bytes: fc.bigInt(0n, 2n ** 64n - 1n),
    });
    fc.assert(
      fc.property(one, one, (first, second) => {
        const value = { first, second };
        expect(decodeFromBytes(pair, encodeToBytes(pair, value))).toEqual(value);
      }),
    );
  });
});
