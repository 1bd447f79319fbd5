import type { Codec } from "./codec.ts";
import { BpfError } from "./errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A C string: UTF-8 that ends with a NUL, in an array of `size` bytes. */
export function text(size: number): Codec<string> {
  return {
    size,
    encode(value, target, offset) {
      const encoded = encoder.encode(value);
      if (encoded.length >= size || encoded.includes(0)) throw textError(value, size);
      new Uint8Array(target.buffer, target.byteOffset + offset, size).set(encoded);
    },
    decode(source, offset) {
      const array = new Uint8Array(source.buffer, source.byteOffset + offset, size);
      const end = array.indexOf(0);
      return decoder.decode(end < 0 ? array : array.subarray(0, end));
    },
  };
}

function textError(value: string, size: number): BpfError {
  return new BpfError({
    code: "invalid-argument",
    operation: "encode",
    subject: `text(${String(size)})`,
    reason: `${JSON.stringify(value)} has more than ${String(size - 1)} bytes, or a NUL`,
  });
}
