/**
 * How a value of type `T` lies in memory that is shared with BPF programs.
 *
 * A codec neither reads nor writes outside `size` bytes from `offset`. Integers are in host order
 * (BPF programs run on this machine); what the C type declares as `__be*` is converted, so that network
 * byte order never leaves the codec.
 */
export interface Codec<T> {
  /** Bytes, padding included. */
  readonly size: number;
  /** Writes `value`. Padding is left as it is: the memory must have been zeroed. */
  encode(value: T, target: DataView, offset: number): void;
  decode(source: DataView, offset: number): T;
}

/** The value as freshly allocated bytes. */
export function encodeToBytes<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(codec.size);
  codec.encode(value, new DataView(bytes.buffer), 0);
  return bytes;
}

/** The value at the start of `bytes`. */
export function decodeFromBytes<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
}
