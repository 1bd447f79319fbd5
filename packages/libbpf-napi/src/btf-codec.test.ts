import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitfield, bitsCodec } from "./bits-codec.ts";
import type { CompositeLayout, Layout, ScalarLayout } from "./btf/index.ts";
import { type BtfValue, codecOfLayout } from "./btf-codec.ts";
import { decodeFromBytes, encodeToBytes } from "./codec.ts";
import { thrown } from "./testing/thrown.ts";

function scalar(format: ScalarLayout["format"], size: number): ScalarLayout {
  return { kind: "scalar", format, size, names: [] };
}

function struct(size: number, fields: CompositeLayout["fields"]): CompositeLayout {
  return { kind: "struct", size, names: ["struct sample"], fields };
}

describe("a bitfield", () => {
  it("is read as it was written, and leaves the bits around it alone", () => {
    const places = fc.record({
      first: fc.nat(40),
      count: fc.integer({ min: 1, max: 64 }),
      signed: fc.boolean(),
      bits: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      around: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    });
    fc.assert(
      fc.property(places, ({ first, count, signed, bits, around }) => {
        const codec = bitsCodec(first, count, signed);
        const value = signed ? BigInt.asIntN(count, bits) : BigInt.asUintN(count, bits);
        const memory = Uint8Array.from(around);
        const view = new DataView(memory.buffer);
        const before = codec.decode(view, 0);
        codec.encode(value, view, 0);
        expect(codec.decode(view, 0)).toBe(value);
        codec.encode(before, view, 0);
        expect(memory).toEqual(around);
      }),
    );
  });

  it("refuses what has more bits", () => {
    const view = new DataView(new ArrayBuffer(8));
    expect(thrown(() => bitsCodec(0, 3, false).encode(8n, view, 0))).toMatchObject({
      code: "invalid-argument",
      reason: "8 does not fit",
    });
    for (const value of [8, -1, 0.5, Number.NaN]) {
      expect(thrown(() => bitfield(0, 3).encode(value, view, 0))).toMatchObject({
        code: "invalid-argument",
        reason: `${String(value)} does not fit`,
      });
    }
  });

  it("of up to 32 bits is a number", () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff);
    const view = new DataView(bytes.buffer);
    bitfield(4, 32).encode(0x8000_0001, view, 0);
    bitfield(36, 4, true).encode(-8, view, 0);
    expect([...bytes]).toEqual([0x1f, 0, 0, 0, 0x88]);
    expect(bitfield(4, 32).decode(view, 0)).toBe(0x8000_0001);
    expect(bitfield(4, 32, true).decode(view, 0)).toBe(-0x7fff_ffff);
    expect(bitfield(36, 4, true).decode(view, 0)).toBe(-8);
  });
});

describe("a codec made from a layout", () => {
  it.each<[string, Layout, BtfValue]>([
    ["u8", scalar("u8", 1), 255],
    ["be32", scalar("be32", 4), 0x0102_0304],
    ["s64", scalar("s64", 8), -1n],
    ["pointer", scalar("pointer", 8), 0xffff_8000_0000_0000n],
    ["f32", scalar("f32", 4), 0.5],
    ["f64", scalar("f64", 8), Math.PI],
    ["bool", scalar("bool", 1), true],
    ["u128 as bytes", scalar("u128", 16), new Uint8Array(16).fill(7)],
    ["text", array(scalar("char", 1), 8), "text"],
    ["bytes", array(scalar("u8", 1), 3), Uint8Array.of(1, 2, 3)],
    [
      "an array of arrays",
      array(array(scalar("u16", 2), 2), 2),
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["an array of nothing", array(scalar("u32", 4), 0), []],
  ])("gives back %s", (_, layout, value) => {
    const codec = codecOfLayout(layout);
    expect(codec.size).toBe(layout.size);
    const memory = new Uint8Array(layout.size);
    codec.encode(codec.decode(new DataView(memory.buffer), 0), new DataView(memory.buffer), 0);
    expect(memory).toEqual(new Uint8Array(layout.size));
    codec.encode(value, new DataView(memory.buffer), 0);
    expect(decodeFromBytes(codec, memory)).toEqual(value);
  });

  it("is that of the parent for members without a name", () => {
    const inner = struct(4, [{ name: "low", offset: 0, type: scalar("u32", 4) }]);
    const codec = codecOfLayout(
      struct(8, [
        { name: "high", offset: 0, type: scalar("u32", 4) },
        { name: "", offset: 4, type: inner },
      ]),
    );
    expect(encodeToBytes(codec, { high: 1, low: 2 })).toEqual(
      Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0),
    );
    expect(thrown(() => encodeToBytes(codec, { high: 1 }))).toMatchObject({
      subject: "struct sample",
      reason: "field low is missing",
    });
  });
});

function array(element: Layout, length: number): Layout {
  return { kind: "array", size: element.size * length, length, element, names: [] };
}
