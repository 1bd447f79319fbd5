import { describe, expect, it } from "vitest";
import {
  type CompositeLayout,
  describeLayoutDifference,
  type FieldLayout,
  type Layout,
  layoutHash,
  layoutName,
  type ScalarFormat,
} from "./index.ts";

function scalar(format: ScalarFormat, size: number, ...names: string[]): Layout {
  return { kind: "scalar", format, size, names };
}

function array(element: Layout, length: number): Layout {
  return { kind: "array", size: element.size * length, names: [], length, element };
}

function struct(name: string, size: number, fields: readonly FieldLayout[]): CompositeLayout {
  return { kind: "struct", size, names: name === "" ? [] : [`struct ${name}`], fields };
}

const [u8, u16, u32] = [scalar("u8", 1), scalar("u16", 2), scalar("u32", 4)];
const be16 = scalar("be16", 2, "__be16", "__u16");
const mac = struct("mac", 6, [{ name: "byte", offset: 0, type: array(u8, 6) }]);
const index: FieldLayout = { name: "index", offset: 0, type: u32 };
const endpoint = struct("endpoint", 12, [
  index,
  { name: "mac", offset: 4, type: mac },
  { name: "port", offset: 10, type: be16 },
]);

describe("the hash of a layout", () => {
  // A change of these values would make every pinned map of an earlier release look foreign.
  it("is the same in every release", () => {
    expect(layoutHash(u32)).toBe("d7649d428b9ff33d");
    expect(layoutHash(endpoint)).toBe("fb648e22cc7aa8ac");
    expect(layoutHash(u32, endpoint)).toBe("5631e48548b3b76f");
  });

  it("does not depend on the names of types", () => {
    const renamed = struct("pod", 12, endpoint.fields);
    expect(layoutHash(renamed)).toBe(layoutHash(endpoint));
    expect(layoutHash(scalar("u32", 4, "enum hook"))).toBe(layoutHash(u32));
  });

  it("tells the parts of a map apart", () => {
    expect(layoutHash(u32, u16)).not.toBe(layoutHash(u16, u32));
    expect(layoutHash(u32, u16)).not.toBe(layoutHash(u32));
  });
});

describe("the difference of two layouts", () => {
  const flags: FieldLayout = { name: "flags", offset: 4, type: u32 };
  const bit = (offset: number): FieldLayout => ({
    name: "bit",
    offset: 0,
    bits: { offset, size: 1 },
    type: u32,
  });

  it.each<[string, Layout, Layout, string]>([
    ["scalars", u32, be16, "wanted u32, found be16"],
    ["a scalar for a struct", endpoint, u32, "wanted struct endpoint, found u32"],
    [
      "the type of a field",
      endpoint,
      struct("endpoint", 12, [index, { name: "mac", offset: 4, type: u32 }]),
      "field `mac` at offset 4: wanted struct mac, found u32",
    ],
    [
      "the length of an array in a nested struct",
      endpoint,
      struct("endpoint", 12, [
        index,
        {
          name: "mac",
          offset: 4,
          type: struct("mac", 8, [{ name: "byte", offset: 0, type: array(u8, 8) }]),
        },
      ]),
      "field `mac.byte` at offset 4: wanted u8[6], found u8[8]",
    ],
    [
      "another field at the same place",
      endpoint,
      struct("endpoint", 12, [index, flags]),
      "field `mac` at offset 4: wanted struct mac, found u32 `flags` at offset 4",
    ],
    [
      "the place of a field",
      struct("", 8, [{ name: "a", offset: 0, type: u16 }]),
      struct("", 8, [{ name: "a", offset: 4, type: u16 }]),
      "field `a`: wanted at offset 0, found at offset 4",
    ],
    [
      "a field too few",
      struct("", 8, [index, flags]),
      struct("", 4, [index]),
      "field `flags` at offset 4: wanted u32, found nothing",
    ],
    [
      "a field too many",
      struct("", 4, [index]),
      struct("", 8, [index, flags]),
      "field `flags` at offset 4: wanted nothing, found u32",
    ],
    ["the size alone", struct("", 4, [index]), struct("", 8, [index]), "wanted 4 bytes, found 8"],
    [
      "the size of a nested struct",
      struct("", 8, [{ name: "in", offset: 0, type: struct("", 4, [index]) }]),
      struct("", 8, [{ name: "in", offset: 0, type: struct("", 8, [index]) }]),
      "field `in`: wanted 4 bytes, found 8",
    ],
    [
      "a bitfield",
      struct("", 4, [bit(3)]),
      struct("", 4, [bit(4)]),
      "field `bit`: wanted at bit 3 with 1 bits, found at bit 4 with 1 bits",
    ],
    [
      "the element of an array",
      array(struct("", 4, [index]), 3),
      array(struct("", 4, [{ ...index, name: "slot" }]), 3),
      "field `[0].index` at offset 0: wanted u32, found u32 `[0].slot` at offset 0",
    ],
  ])("names %s", (_what, wanted, found, expected) => {
    expect(describeLayoutDifference(wanted, found)).toBe(expected);
    expect(layoutHash(wanted)).not.toBe(layoutHash(found));
  });

  it("is none between the same layouts", () => {
    expect(describeLayoutDifference(endpoint, struct("pod", 12, endpoint.fields))).toBeUndefined();
  });
});

it("names arrays of arrays as C does", () => {
  expect(layoutName(array(array(u8, 6), 2))).toBe("u8[2][6]");
  expect(layoutName(struct("", 4, [index]))).toBe("an anonymous struct");
});
