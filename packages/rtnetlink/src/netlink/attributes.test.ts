import { describe, expect, it } from "vitest";
import { bytes } from "../../test/codec-laws.ts";
import { attributes, nestedFlag, readAttributes, type UnknownAttributes } from "./attributes.ts";
import { flag, text, truth, u16, u32, u8 } from "./payload.ts";

interface Inner extends UnknownAttributes {
  readonly count?: number;
}

interface Outer extends UnknownAttributes {
  readonly name?: string;
  readonly size?: number;
  readonly here?: true;
  readonly yes?: boolean;
  readonly inner?: Inner;
}

const codec = attributes<Outer>({
  name: [1, text],
  size: [2, u32],
  here: [3, flag],
  yes: [4, truth(u8)],
  inner: [5 | nestedFlag, attributes<Inner>({ count: [1, u16] })],
});

describe("attributes", () => {
  // Length, type, payload, padding; little-endian as on the machines that the tests run on.
  it.each<[what: string, wire: string, values: Outer]>([
    ["none", "", {}],
    ["text with a NUL and padding", "0700 0100 6c6f00 00", { name: "lo" }],
    ["a number", "0800 0200 05000000", { size: 5 }],
    ["no payload", "0400 0300", { here: true }],
    ["a truth", "0500 0400 01 000000", { yes: true }],
    ["a nest", "0c00 0580 0600 0100 0700 0000", { inner: { count: 7 } }],
    ["what has no name", "0500 3900 ff 000000", { "#57": Uint8Array.of(255) }],
    ["what has another length", "0600 0200 0500 0000", { "#2": Uint8Array.of(5, 0) }],
    ["a truth that is neither", "0500 0400 02 000000", { "#4": Uint8Array.of(2) }],
    ["text without a NUL", "0600 0100 6c6f 0000", { "#1": Uint8Array.of(0x6c, 0x6f) }],
    ["text that is not UTF-8", "0600 0100 ff00 0000", { "#1": Uint8Array.of(0xff, 0) }],
    [
      "a repetition",
      "0400 3900 0500 3900 01 000000",
      { "#57": Uint8Array.of(), "#57/2": Uint8Array.of(1) },
    ],
    ["a repeated name", "0400 0300 0400 0300", { here: true, "#3": Uint8Array.of() }],
  ])("carry %s", (_, wire, values) => {
    expect(codec.decode(bytes(wire))).toEqual(values);
    expect(Buffer.from(codec.encode(values, ""))).toEqual(Buffer.from(bytes(wire)));
  });

  it("keep the order of the wire, unknown ones included", () => {
    const wire = bytes("0400 3900 0800 0200 05000000 0400 3800 0700 0100 6c6f00 00");
    expect(Object.keys(codec.decode(wire))).toEqual(["#57", "size", "#56", "name"]);
    expect(Buffer.from(codec.encode(codec.decode(wire), ""))).toEqual(Buffer.from(wire));
  });

  it("do not keep the bytes that they were read from", () => {
    const datagram = Buffer.from(bytes("0500 3900 07 000000"));
    const values = codec.decode(datagram);
    datagram.fill(0);
    expect(values).toStrictEqual({ "#57": Uint8Array.of(7) });
  });

  it("know a nest by its number, whether or not it is marked as one", () => {
    expect(codec.decode(bytes("0c00 0500 0600 0100 0700 0000"))).toEqual({ inner: { count: 7 } });
  });

  it.each([
    ["0300 0100", "its length is 3 with 4 bytes left"],
    ["0500 0100", "its length is 5 with 4 bytes left"],
    ["0400 03", "its header is cut short"],
    ["0800 0580 0600 0100", "its length is 6 with 4 bytes left"],
  ])("refuse %j", (wire, reason) => {
    expect(() => codec.decode(bytes(wire))).toThrow(
      expect.objectContaining({ code: "malformed", reason }),
    );
  });

  it.each<[Outer, string]>([
    [{ size: -1 }, "size: -1 is not an integer from 0 to 4294967295"],
    [{ size: 1.5 }, "size: 1.5 is not an integer"],
    [{ inner: { count: 65_536 } }, "inner.count: 65536 is not an integer from 0 to 65535"],
    [{ "#99": new Uint8Array(65_536) }, "#99: its 65540 bytes exceed the 65535"],
  ])("refuse to write %j", (values, message) => {
    expect(() => codec.encode(values, "")).toThrow(message);
  });

  it("refuse to write a name that there is not", () => {
    const values = { size: 5, colour: Uint8Array.of(1) };
    expect(() => codec.encode(values, "")).toThrow("colour: there is no attribute of this name");
  });

  it("name what is at an offset", () => {
    const wire = codec.encode({ size: 5, inner: { count: 7 }, "#57": Uint8Array.of(1) }, "");
    expect([0, 4, 8, 12, 20].map((offset) => codec.nameAt(wire, offset))).toEqual([
      "size",
      "size",
      "inner",
      "inner.count",
      "#57",
    ]);
    expect(codec.nameAt(wire, 99)).toBeUndefined();
    expect(codec.nameOf(5)).toBe("inner");
  });

  it("are found one after the other", () => {
    const found = readAttributes(bytes("0500 0100 61 000000 0400 0200"));
    expect(found.map(({ type, offset }) => [type, offset])).toEqual([
      [1, 0],
      [2, 8],
    ]);
  });
});
