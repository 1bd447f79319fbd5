/** No bytes. */
export const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Lower-case digits without separators: `0a00ff`. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The zeros that fill `length` bytes up to a multiple of `unit`. */
export function zeroPadding(length: number, unit: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((unit - (length % unit)) % unit);
}

/** The number in the two bytes at `offset`, in network order; bytes past the end count as zero. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);
}

/** Writes a number of 16 bits in network order into a header that is being built. */
export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes.set([value >>> 8, value & 255], offset);
}
