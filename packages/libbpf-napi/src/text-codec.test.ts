import { describe, expect, it } from "vitest";
import { decodeFromBytes, encodeToBytes } from "./codec.ts";
import { text } from "./text-codec.ts";

describe("a C string", () => {
  it.each([
    ["eth0", [0x65, 0x74, 0x68, 0x30, 0, 0]],
    ["", [0, 0, 0, 0, 0, 0]],
    ["né", [0x6e, 0xc3, 0xa9, 0, 0, 0]],
    ["abcde", [0x61, 0x62, 0x63, 0x64, 0x65, 0]],
  ])("lies in memory as %j", (value, array) => {
    expect([...encodeToBytes(text(6), value)]).toEqual(array);
    expect(decodeFromBytes(text(6), Uint8Array.from(array))).toBe(value);
  });

  it("ends at the array's end when nothing ends it before", () => {
    expect(decodeFromBytes(text(2), Uint8Array.of(0x61, 0x62))).toBe("ab");
  });

  it.each(["abcdef", "ééé", "a\0b"])("is not %j", (value) => {
    expect(() => encodeToBytes(text(6), value)).toThrow(/has more than 5 bytes, or a NUL/);
  });
});
