import {
  ipv4FromNumber,
  ipv6FromBigInt,
  macFromBytes,
  parseIp,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipv4Codec, ipv6Codec, macCodec, mappedIpCodec } from "./address-codecs.ts";
import { type Codec, decodeFromBytes, encodeToBytes } from "./codec.ts";
import {
  arrayOf,
  bool,
  bytes,
  s16,
  s32,
  s64,
  s8,
  spacedArray,
  u16,
  u16be,
  u32,
  u32be,
  u64,
  u64be,
  u8,
} from "./codecs.ts";
import { thrown } from "./testing/thrown.ts";

/** Encodes into the middle of bytes that are all 0xaa, checks what lies around, and decodes. */
function passThrough<T>(codec: Codec<T>, value: T): T {
  const room = 3;
  const memory = new Uint8Array(codec.size + 2 * room).fill(0xaa);
  memory.fill(0, room, room + codec.size);
  // A view that does not begin where its buffer does.
  const view = new DataView(memory.buffer, 1);
  codec.encode(value, view, room - 1);
  expect(memory.subarray(0, room)).toEqual(new Uint8Array(room).fill(0xaa));
  expect(memory.subarray(room + codec.size)).toEqual(new Uint8Array(room).fill(0xaa));
  return codec.decode(view, room - 1);
}

/** Throws for a value that does not come back as it was. */
function assertLaw<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  const law = fc.property(values, (value) => {
    expect(passThrough(codec, value)).toEqual(value);
  });
  fc.assert(law);
}

const threeBytes = fc.array(fc.nat(255), { minLength: 3, maxLength: 3 });
const ipv4s = fc.nat(0xffff_ffff).map(ipv4FromNumber);
const ipv6s = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(ipv6FromBigInt);
const macs = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((mac) => macFromBytes(mac));

describe("decoding what was encoded gives it back, and nothing around it changes", () => {
  it.each([
    ["u8", u8, 0, 0xff],
    ["s8", s8, -0x80, 0x7f],
    ["u16", u16, 0, 0xffff],
    ["u16be", u16be, 0, 0xffff],
    ["s16", s16, -0x8000, 0x7fff],
    ["u32", u32, 0, 0xffff_ffff],
    ["u32be", u32be, 0, 0xffff_ffff],
    ["s32", s32, -0x8000_0000, 0x7fff_ffff],
  ] as const)("%s", (_, codec, min, max) => {
    assertLaw(codec, fc.integer({ min, max }));
    for (const value of [min - 1, max + 1, 0.5, Number.NaN]) {
      expect(thrown(() => encodeToBytes(codec, value))).toMatchObject({ code: "invalid-argument" });
    }
  });

  it.each([
    ["u64", u64, 0n, (1n << 64n) - 1n],
    ["u64be", u64be, 0n, (1n << 64n) - 1n],
    ["s64", s64, -(1n << 63n), (1n << 63n) - 1n],
  ] as const)("%s", (_, codec, min, max) => {
    assertLaw(codec, fc.bigInt({ min, max }));
    for (const value of [min - 1n, max + 1n]) {
      expect(thrown(() => encodeToBytes(codec, value))).toMatchObject({ code: "invalid-argument" });
    }
  });

  it.each([
    ["bool", () => assertLaw(bool, fc.boolean())],
    ["bytes", () => assertLaw(bytes(5), fc.uint8Array({ minLength: 5, maxLength: 5 }))],
    ["arrays", () => assertLaw(arrayOf(u8, 3), threeBytes)],
    ["spaced arrays", () => assertLaw(spacedArray(u8, 3, 4), threeBytes)],
    ["IPv4 addresses", () => assertLaw(ipv4Codec, ipv4s)],
    ["IPv6 addresses", () => assertLaw(ipv6Codec, ipv6s)],
    ["addresses of both families", () => assertLaw(mappedIpCodec, fc.oneof(ipv4s, ipv6s))],
    ["MAC addresses", () => assertLaw(macCodec, macs)],
  ])("%s", (_, check) => {
    expect(check).not.toThrow();
  });
});

describe("bytes", () => {
  it.each([
    ["u16be", encodeToBytes(u16be, 0x0102), "0102"],
    ["u32be", encodeToBytes(u32be, 0x01020304), "01020304"],
    ["u64be", encodeToBytes(u64be, 0x0102030405060708n), "0102030405060708"],
    ["an IPv4 address", encodeToBytes(ipv4Codec, parseIpv4("192.0.2.1")), "c0000201"],
    [
      "an IPv6 address",
      encodeToBytes(ipv6Codec, parseIpv6("2001:db8::1")),
      "20010db8000000000000000000000001",
    ],
    [
      "an IPv4 address among IPv6",
      encodeToBytes(mappedIpCodec, parseIp("192.0.2.1")),
      "00000000000000000000ffffc0000201",
    ],
    ["a MAC address", encodeToBytes(macCodec, parseMac("02:00:5e:10:00:01")), "02005e100001"],
    ["a spaced array", encodeToBytes(spacedArray(u8, 2, 3), [1, 2]), "010000020000"],
  ])("of %s", (_, encoded, hex) => {
    expect(Buffer.from(encoded).toString("hex")).toBe(hex);
  });

  it("in host order are the machine's own", () => {
    expect(encodeToBytes(u32, 0x01020304)).toEqual(
      new Uint8Array(Uint32Array.of(0x01020304).buffer),
    );
    expect(encodeToBytes(s64, -2n)).toEqual(new Uint8Array(BigInt64Array.of(-2n).buffer));
  });
});

describe("what has the wrong length", () => {
  it("is refused", () => {
    expect(thrown(() => encodeToBytes(bytes(4), new Uint8Array(3)))).toMatchObject({
      code: "invalid-argument",
      reason: "3 bytes were given",
    });
    expect(thrown(() => encodeToBytes(arrayOf(u8, 2), [1, 2, 3]))).toMatchObject({
      code: "invalid-argument",
      reason: "3 values were given",
    });
  });
});

describe("decoded bytes", () => {
  it("are a copy", () => {
    const source = Uint8Array.of(1, 2);
    const decoded = decodeFromBytes(bytes(2), source);
    source[0] = 9;
    expect(decoded).toEqual(Uint8Array.of(1, 2));
  });
});
