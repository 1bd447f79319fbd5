import {
  type Ipv4Address,
  ipv4FromBytes,
  ipv4ToBytes,
  type Ipv6Address,
  ipv6FromBytes,
  ipv6ToBytes,
  type MacAddress,
  macFromBytes,
  macToBytes,
} from "@heddle/contracts";
import { invalidField } from "../packet-error.ts";
import type { NameTable } from "./names.ts";

/** One field of a header: its width and both directions of its codec. Positions count bits from the most significant one. */
export interface Field<T> {
  readonly bits: number;
  read(bytes: Uint8Array, bit: number): T;
  /**
   * Writes into zeroed bytes. `where` names the field in errors: `ipv4.ttl`.
   *
   * @throws {PacketError} `invalid-field` when the field cannot hold the value
   */
  write(bytes: Uint8Array, bit: number, value: T, where: string): void;
}

/** An unsigned integer of 1 to 48 bits in network order. */
export function uint(bits: number): Field<number> {
  return {
    bits,
    read: (bytes, bit) => readBits(bytes, bit, bits),
    write: (bytes, bit, value, where) =>
      writeBits(bytes, bit, bits, checkRange(value, bits, where)),
  };
}

/** One bit. */
export const flag: Field<boolean> = {
  bits: 1,
  read: (bytes, bit) => readBits(bytes, bit, 1) === 1,
  write: (bytes, bit, value) => writeBits(bytes, bit, 1, value ? 1 : 0),
};

/** An amount that travels as a count of units: the value is `(count + base) * unit`. */
export function counted(bits: number, unit: number, base = 0): Field<number> {
  const largest = (2 ** bits - 1 + base) * unit;
  return {
    bits,
    read: (bytes, bit) => (readBits(bytes, bit, bits) + base) * unit,
    write(bytes, bit, value, where) {
      if (value % unit !== 0 || value < base * unit || value > largest) {
        throw invalidField(
          where,
          `${String(value)} is not a multiple of ${String(unit)} from ${String(base * unit)} to ${String(largest)}`,
        );
      }
      writeBits(bytes, bit, bits, value / unit - base);
    },
  };
}

/** A number of a name space. */
export function named<Name extends string>(
  bits: number,
  names: NameTable<Name>,
): Field<Name | number> {
  return {
    bits,
    read: (bytes, bit) => names.nameOf(readBits(bytes, bit, bits)),
    write: (bytes, bit, value, where) =>
      writeBits(bytes, bit, bits, checkRange(names.numberOf(value, where), bits, where)),
  };
}

/** A set of single bits; the names begin at the least significant bit, and a value lists them in that order. */
export function flagSet<Name extends string>(names: readonly Name[]): Field<readonly Name[]> {
  const bits = names.length;
  return {
    bits,
    read(bytes, bit) {
      const value = readBits(bytes, bit, bits);
      return names.filter((_, index) => (value >>> index) & 1);
    },
    write(bytes, bit, value, where) {
      for (const name of value) {
        const index = names.indexOf(name);
        if (index < 0) throw invalidField(where, `${JSON.stringify(name)} is not one of its flags`);
        writeBits(bytes, bit + bits - 1 - index, 1, 1);
      }
    },
  };
}

/** An EUI-48 address. */
export const macField: Field<MacAddress> = {
  bits: 48,
  read: (bytes, bit) => macFromBytes(bytes, bit / 8),
  write: (bytes, bit, value) => bytes.set(macToBytes(value), bit / 8),
};

/** An IPv4 address. */
export const ipv4Field: Field<Ipv4Address> = {
  bits: 32,
  read: (bytes, bit) => ipv4FromBytes(bytes, bit / 8),
  write: (bytes, bit, value) => bytes.set(ipv4ToBytes(value), bit / 8),
};

/** An IPv6 address. */
export const ipv6Field: Field<Ipv6Address> = {
  bits: 128,
  read: (bytes, bit) => ipv6FromBytes(bytes, bit / 8),
  write: (bytes, bit, value) => bytes.set(ipv6ToBytes(value), bit / 8),
};

function checkRange(value: number, bits: number, where: string): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return value;
  throw invalidField(
    where,
    `${String(value)} is not an integer from 0 to ${String(2 ** bits - 1)}`,
  );
}

// Plain arithmetic instead of shifts: fields of 32 bits and more overflow the operators' signed 32 bits.

function readBits(bytes: Uint8Array, bit: number, width: number): number {
  const end = bit + width;
  let value = 0;
  for (let index = bit >>> 3; index * 8 < end; index++) value = value * 256 + (bytes[index] ?? 0);
  const unused = (8 - (end % 8)) % 8;
  return Math.floor(value / 2 ** unused) % 2 ** width;
}

function writeBits(bytes: Uint8Array, bit: number, width: number, value: number): void {
  const end = bit + width;
  let rest = value * 2 ** ((8 - (end % 8)) % 8);
  for (let index = (end - 1) >>> 3; index >= bit >>> 3; index--) {
    bytes[index] = (bytes[index] ?? 0) | (rest % 256);
    rest = Math.floor(rest / 256);
  }
}
