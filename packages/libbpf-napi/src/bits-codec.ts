import type { Codec } from "./codec.ts";
import { BpfError } from "./errors.ts";

/**
 * A bitfield: `count` bits from bit `first` of a struct on, as little-endian machines lay them out.
 * Writing leaves the bits around it as they are.
 */
export function bitsCodec(first: number, count: number, signed: boolean): Codec<bigint> {
  const begin = first >> 3;
  const shift = BigInt(first & 7);
  const bytes = ((first + count - 1) >> 3) - begin + 1;
  const mask = ((1n << BigInt(count)) - 1n) << shift;
  const fit = (value: bigint): bigint =>
    signed ? BigInt.asIntN(count, value) : BigInt.asUintN(count, value);
  return {
    size: begin + bytes,
    encode(value, target, offset) {
      if (fit(value) !== value) throw rangeError(value, count);
      const place = offset + begin;
      const around = readBytes(target, place, bytes) & ~mask;
      writeBytes(target, place, bytes, around | ((value << shift) & mask));
    },
    decode: (source, offset) => fit((readBytes(source, offset + begin, bytes) & mask) >> shift),
  };
}

/**
 * A bitfield of up to 32 bits as a number: `count` bits from bit `first` of a struct on. Its offset is that
 * of the struct. Writing leaves the bits around it as they are.
 */
export function bitfield(first: number, count: number, signed = false): Codec<number> {
  const bits = bitsCodec(first, count, signed);
  return {
    size: bits.size,
    encode(value, target, offset) {
      if (!Number.isInteger(value)) throw rangeError(value, count);
      bits.encode(BigInt(value), target, offset);
    },
    decode: (source, offset) => Number(bits.decode(source, offset)),
  };
}

function readBytes(source: DataView, offset: number, count: number): bigint {
  let value = 0n;
  for (let index = count - 1; index >= 0; index -= 1) {
    value = (value << 8n) | BigInt(source.getUint8(offset + index));
  }
  return value;
}

function writeBytes(target: DataView, offset: number, count: number, value: bigint): void {
  for (let index = 0; index < count; index++) {
    target.setUint8(offset + index, Number((value >> BigInt(8 * index)) & 0xffn));
  }
}

function rangeError(value: bigint | number, count: number): BpfError {
  return new BpfError({
    code: "invalid-argument",
    operation: "encode",
    subject: `a bitfield of ${String(count)} bits`,
    reason: `${String(value)} does not fit`,
  });
}
