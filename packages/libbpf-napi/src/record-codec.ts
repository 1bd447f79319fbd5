import type { Codec } from "./codec.ts";

/**
 * How events of several sizes lie in a ring buffer: what is given is a whole record, as long as the
 * program made it. That of a perf buffer has up to 7 bytes after the event.
 *
 * ```ts
 * const event: RecordCodec<Opened | Closed> = {
 *   encodeRecord: (value) => encodeToBytes(openedCodec, value),
 *   decodeRecord: (bytes) => decodeFromBytes(bytes[0] === 1 ? openedCodec : closedCodec, bytes),
 * };
 * ```
 */
export interface RecordCodec<E> {
  encodeRecord(event: E): Uint8Array;
  /** @param bytes the event's own; what is kept of them has to be copied */
  decodeRecord(bytes: Uint8Array): E;
}

/** How the events of a buffer are read and written: all of one size, or each by its own. */
export type EventCodec<E> = Codec<E> | RecordCodec<E>;

/** Events as they are, each with its own size. */
export const wholeRecord: RecordCodec<Uint8Array> = {
  encodeRecord: (event) => event,
  // Of a Buffer, `slice` would be no copy.
  decodeRecord: (bytes) => Uint8Array.from(bytes),
};

/**
 * Events as they are, without a copy of each: views of the batch that they came in, which lives as long as one of
 * them. Of a ring buffer in the kernel, a batch is one copy out of it, which makes room at once.
 */
export const recordView: RecordCodec<Uint8Array> = {
  encodeRecord: (event) => event,
  decodeRecord: (bytes) => bytes,
};
