import { endianness } from "node:os";
import {
  interfaceIndex,
  type InterfaceIndex,
  ipFromBytes,
  ipToBytes,
  type IpAddress,
  type MacAddress,
  macByteLength,
  macFromBytes,
  macToBytes,
} from "@heddle/contracts";
import { isUtf8 } from "node:buffer";
import { RtnetlinkError } from "../rtnetlink-error.ts";
import type { Enumeration, FlagSet } from "./enumeration.ts";

/** Netlink is in host order, except for the fields that say otherwise. */
export const littleEndian: boolean = endianness() === "LE";

/** How the payload of an attribute is written and read. */
export interface PayloadCodec<T> {
  /** @param path names the attribute in the error about a value that does not fit */
  encode(value: T, path: string): Uint8Array;
  /** The value, or undefined when the payload has not the shape of one. Does not keep `payload`. */
  decode(payload: Uint8Array): T | undefined;
  /** The path of the attribute at `offset` in the payload, where the payload holds attributes. */
  nameAt?(payload: Uint8Array, offset: number): string | undefined;
}

/** A number of fixed width, which can also be a member of a struct. */
export interface Scalar<T> extends PayloadCodec<T> {
  /** Bytes; also its alignment. */
  readonly size: number;
  write(view: DataView, offset: number, value: T, path: string): void;
  read(view: DataView, offset: number): T;
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function scalar<T>(
  size: number,
  write: Scalar<T>["write"],
  read: (view: DataView, offset: number) => T,
): Scalar<T> {
  return {
    size,
    write,
    read,
    encode(value, path) {
      const bytes = new Uint8Array(size);
      write(viewOf(bytes), 0, value, path);
      return bytes;
    },
    decode: (payload) => (payload.length === size ? read(viewOf(payload), 0) : undefined),
  };
}

function requireRange(value: number, minimum: number, maximum: number, path: string): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  throw new RtnetlinkError({
    code: "invalid",
    operation: "encode attribute",
    subject: path,
    reason: `${String(value)} is not an integer from ${String(minimum)} to ${String(maximum)}`,
    attribute: path,
  });
}

export const u8: Scalar<number> = scalar(
  1,
  (view, offset, value, path) => {
    requireRange(value, 0, 0xff, path);
    view.setUint8(offset, value);
  },
  (view, offset) => view.getUint8(offset),
);

function unsigned16(little: boolean): Scalar<number> {
  return scalar(
    2,
    (view, offset, value, path) => {
      requireRange(value, 0, 0xffff, path);
      view.setUint16(offset, value, little);
    },
    (view, offset) => view.getUint16(offset, little),
  );
}

export const u16: Scalar<number> = unsigned16(littleEndian);

/** 16 bits in network order, as ports are. */
export const be16: Scalar<number> = unsigned16(false);

export const u32: Scalar<number> = scalar(
  4,
  (view, offset, value, path) => {
    requireRange(value, 0, 0xffff_ffff, path);
    view.setUint32(offset, value, littleEndian);
  },
  (view, offset) => view.getUint32(offset, littleEndian),
);

export const s32: Scalar<number> = scalar(
  4,
  (view, offset, value, path) => {
    requireRange(value, -0x8000_0000, 0x7fff_ffff, path);
    view.setInt32(offset, value, littleEndian);
  },
  (view, offset) => view.getInt32(offset, littleEndian),
);

export const u64: Scalar<bigint> = scalar(
  8,
  (view, offset, value) => view.setBigUint64(offset, value, littleEndian),
  (view, offset) => view.getBigUint64(offset, littleEndian),
);

/** 64 bits in network order, as tunnel ids are. */
export const be64: Scalar<bigint> = scalar(
  8,
  (view, offset, value) => view.setBigUint64(offset, value, false),
  (view, offset) => view.getBigUint64(offset, false),
);

/** A number in which another value is kept. */
function converted<T>(
  codec: Scalar<number>,
  to: (value: T) => number,
  from: (number: number) => T | undefined,
): PayloadCodec<T> {
  return {
    encode: (value, path) => codec.encode(to(value), path),
    decode(payload) {
      const number = codec.decode(payload);
      return number === undefined ? undefined : from(number);
    },
  };
}

/** A number that has a name. */
export function named<Name extends string>(
  codec: Scalar<number>,
  names: Enumeration<Name>,
): PayloadCodec<Name | number> {
  return converted<Name | number>(
    codec,
    (value) => names.toNumber(value),
    (number) => names.toName(number),
  );
}

/** Bits that have names. */
export function flags<Name extends string>(
  codec: Scalar<number>,
  names: FlagSet<Name>,
): PayloadCodec<readonly (Name | number)[]> {
  return converted<readonly (Name | number)[]>(
    codec,
    (value) => names.toBits(value),
    (bits) => names.toFlags(bits),
  );
}

/** 1 for true, 0 for false; any other number has not the shape. */
export function truth(codec: Scalar<number>): PayloadCodec<boolean> {
  return converted(codec, Number, (number) => (number > 1 ? undefined : number === 1));
}

/** The index of a device; 0, which stands for none, and what is negative have not the shape. */
export const deviceIndex: PayloadCodec<InterfaceIndex> = converted(s32, Number, (number) =>
  number > 0 ? interfaceIndex(number) : undefined,
);

/** An array of 64-bit counters, of any length: kernels append new ones. */
export const u64Array: PayloadCodec<readonly bigint[]> = {
  encode(values) {
    const bytes = new Uint8Array(values.length * 8);
    const view = viewOf(bytes);
    for (const [index, value] of values.entries())
      view.setBigUint64(index * 8, value, littleEndian);
    return bytes;
  },
  decode(payload) {
    if (payload.length % 8 !== 0) return undefined;
    const view = viewOf(payload);
    return Array.from({ length: payload.length / 8 }, (_, index) =>
      view.getBigUint64(index * 8, littleEndian),
    );
  },
};

/** Bytes that are carried through. */
export const opaque: PayloadCodec<Uint8Array> = {
  encode: (value) => value,
  decode: (payload) => new Uint8Array(payload),
};

/** UTF-8 with a NUL at its end; text that is not UTF-8 has not the shape. */
export const text: PayloadCodec<string> = {
  encode: (value) => Buffer.from(`${value}\0`),
  decode(payload) {
    const end = payload.length - 1;
    if (payload[end] !== 0 || payload.indexOf(0) !== end || !isUtf8(payload)) return undefined;
    return Buffer.from(payload.buffer, payload.byteOffset, end).toString();
  },
};

/** An attribute that says something by being there. */
export const flag: PayloadCodec<true> = {
  encode: () => new Uint8Array(),
  decode: (payload) => (payload.length === 0 ? true : undefined),
};

/** An address of either family, told by its length. */
export const ipAddress: PayloadCodec<IpAddress> = {
  encode: (value) => ipToBytes(value),
  decode: (payload) =>
    payload.length === 4 || payload.length === 16 ? ipFromBytes(payload) : undefined,
};

/** The link-layer address of Ethernet; those of other lengths have not the shape. */
export const mac: PayloadCodec<MacAddress> = {
  encode: (value) => macToBytes(value),
  decode: (payload) => (payload.length === macByteLength ? macFromBytes(payload) : undefined),
};
