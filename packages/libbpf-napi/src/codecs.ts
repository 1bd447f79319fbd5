import type { Codec } from "./codec.ts";
import { BpfError } from "./errors.ts";

const littleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type NumberReader = (source: DataView, offset: number) => number;
type NumberWriter = (target: DataView, offset: number, value: number) => void;

function integer(
  name: string,
  size: number,
  range: readonly [min: number, max: number],
  read: NumberReader,
  write: NumberWriter,
): Codec<number> {
  const [min, max] = range;
  return {
    size,
    encode(value, target, offset) {
      if (!Number.isInteger(value) || value < min || value > max) throw rangeError(name, value);
      write(target, offset, value);
    },
    decode: (source, offset) => read(source, offset),
  };
}

function rangeError(name: string, value: number | bigint): BpfError {
  return new BpfError({
    code: "invalid-argument",
    operation: "encode",
    subject: name,
    reason: `${String(value)} does not fit`,
  });
}

/** An unsigned byte. */
export const u8: Codec<number> = integer(
  "u8",
  1,
  [0, 0xff],
  (source, offset) => source.getUint8(offset),
  (target, offset, value) => target.setUint8(offset, value),
);

/** A signed byte. */
export const s8: Codec<number> = integer(
  "s8",
  1,
  [-0x80, 0x7f],
  (source, offset) => source.getInt8(offset),
  (target, offset, value) => target.setInt8(offset, value),
);

function unsigned16(name: string, little: boolean): Codec<number> {
  return integer(
    name,
    2,
    [0, 0xffff],
    (source, offset) => source.getUint16(offset, little),
    (target, offset, value) => target.setUint16(offset, value, little),
  );
}

function unsigned32(name: string, little: boolean): Codec<number> {
  return integer(
    name,
    4,
    [0, 0xffff_ffff],
    (source, offset) => source.getUint32(offset, little),
    (target, offset, value) => target.setUint32(offset, value, little),
  );
}

function unsigned64(name: string, little: boolean): Codec<bigint> {
  return {
    size: 8,
    encode(value, target, offset) {
      if (BigInt.asUintN(64, value) !== value) throw rangeError(name, value);
      target.setBigUint64(offset, value, little);
    },
    decode: (source, offset) => source.getBigUint64(offset, little),
  };
}

/** An unsigned 16-bit integer in host order. */
export const u16: Codec<number> = unsigned16("u16", littleEndianHost);
/** An unsigned 16-bit integer in network order: a port, an ethertype. */
export const u16be: Codec<number> = unsigned16("u16be", false);
/** An unsigned 32-bit integer in host order. */
export const u32: Codec<number> = unsigned32("u32", littleEndianHost);
/** An unsigned 32-bit integer in network order. */
export const u32be: Codec<number> = unsigned32("u32be", false);
/** An unsigned 64-bit integer in host order. */
export const u64: Codec<bigint> = unsigned64("u64", littleEndianHost);
/** An unsigned 64-bit integer in network order. */
export const u64be: Codec<bigint> = unsigned64("u64be", false);

/** A signed 16-bit integer in host order. */
export const s16: Codec<number> = integer(
  "s16",
  2,
  [-0x8000, 0x7fff],
  (source, offset) => source.getInt16(offset, littleEndianHost),
  (target, offset, value) => target.setInt16(offset, value, littleEndianHost),
);

/** A signed 32-bit integer in host order. */
export const s32: Codec<number> = integer(
  "s32",
  4,
  [-0x8000_0000, 0x7fff_ffff],
  (source, offset) => source.getInt32(offset, littleEndianHost),
  (target, offset, value) => target.setInt32(offset, value, littleEndianHost),
);

/** A signed 64-bit integer in host order. */
export const s64: Codec<bigint> = {
  size: 8,
  encode(value, target, offset) {
    if (BigInt.asIntN(64, value) !== value) throw rangeError("s64", value);
    target.setBigInt64(offset, value, littleEndianHost);
  },
  decode: (source, offset) => source.getBigInt64(offset, littleEndianHost),
};

function floating(size: number, read: NumberReader, write: NumberWriter): Codec<number> {
  return {
    size,
    encode: (value, target, offset) => write(target, offset, value),
    decode: (source, offset) => read(source, offset),
  };
}

/** A C `float`. */
export const f32: Codec<number> = floating(
  4,
  (source, offset) => source.getFloat32(offset, littleEndianHost),
  (target, offset, value) => target.setFloat32(offset, value, littleEndianHost),
);

/** A C `double`. */
export const f64: Codec<number> = floating(
  8,
  (source, offset) => source.getFloat64(offset, littleEndianHost),
  (target, offset, value) => target.setFloat64(offset, value, littleEndianHost),
);

/** A C `bool`: one byte, where anything but 0 is true. */
export const bool: Codec<boolean> = {
  size: 1,
  encode: (value, target, offset) => target.setUint8(offset, value ? 1 : 0),
  decode: (source, offset) => source.getUint8(offset) !== 0,
};

/** Exactly `size` bytes; what was decoded is a copy. */
export function bytes(size: number): Codec<Uint8Array> {
  return {
    size,
    encode(value, target, offset) {
      if (value.length !== size) {
        throw new BpfError({
          code: "invalid-argument",
          operation: "encode",
          subject: `bytes(${String(size)})`,
          reason: `${String(value.length)} bytes were given`,
        });
      }
      new Uint8Array(target.buffer, target.byteOffset + offset, size).set(value);
    },
    decode: (source, offset) =>
      new Uint8Array(source.buffer, source.byteOffset + offset, size).slice(),
  };
}

/** `count` values after one another, as a C array; a decoded array is new. */
export function arrayOf<T>(element: Codec<T>, count: number): Codec<readonly T[]> {
  return spacedArray(element, count, element.size);
}

/** Like {@link arrayOf}, with each value at a multiple of `stride` bytes. */
export function spacedArray<T>(
  element: Codec<T>,
  count: number,
  stride: number,
): Codec<readonly T[]> {
  return {
    size: count * stride,
    encode(values, target, offset) {
      if (values.length !== count) {
        throw new BpfError({
          code: "invalid-argument",
          operation: "encode",
          subject: `array of ${String(count)}`,
          reason: `${String(values.length)} values were given`,
        });
      }
      for (const [index, value] of values.entries()) {
        element.encode(value, target, offset + index * stride);
      }
    },
    decode: (source, offset) =>
      Array.from({ length: count }, (_, index) => element.decode(source, offset + index * stride)),
  };
}
