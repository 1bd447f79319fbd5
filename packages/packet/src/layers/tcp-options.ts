import type { Draft } from "../layer.ts";
import { concatBytes, noBytes } from "../wire/bytes.ts";
import { uint } from "../wire/field.ts";
import { type Layout, layout } from "../wire/layout.ts";

/** Does nothing; aligns what follows. */
export interface TcpNop {
  readonly type: "nop";
}

/** The largest segment that the sender takes (RFC 9293 section 3.7.1). */
export interface TcpMaximumSegmentSize {
  readonly type: "maximum-segment-size";
  /** Bytes of data. */
  readonly size: number;
}

/** By how many bits the window is shifted (RFC 7323 section 2). */
export interface TcpWindowScale {
  readonly type: "window-scale";
  /** 0 to 14; larger values mean 14. */
  readonly shift: number;
}

/** The sender understands selective acknowledgments (RFC 2018 section 2). */
export interface TcpSackPermitted {
  readonly type: "sack-permitted";
}

/** What arrived out of order (RFC 2018 section 3). */
export interface TcpSack {
  readonly type: "sack";
  readonly blocks: readonly TcpSackBlock[];
}

/** Sequence numbers from `left` to before `right`. */
export interface TcpSackBlock {
  readonly left: number;
  readonly right: number;
}

/** Timestamps (RFC 7323 section 3). */
export interface TcpTimestamps {
  readonly type: "timestamps";
  /** The sender's clock. */
  readonly value: number;
  /** The peer's clock as last seen. */
  readonly echoReply: number;
}

/** Any other option, or one of a length that its kind does not have, by its number. */
export interface TcpUnknownOption {
  readonly type: number;
  /** What follows kind and length. */
  readonly data: Uint8Array;
}

/** One option of a TCP header, apart from the end of the list. Numbers that are left out are 0. */
export type TcpOption =
  | TcpNop
  | TcpMaximumSegmentSize
  | TcpWindowScale
  | TcpSackPermitted
  | TcpSack
  | TcpTimestamps
  | TcpUnknownOption;

/** IANA TCP option kinds. */
const kinds = { nop: 1, mss: 2, windowScale: 3, sackPermitted: 4, sack: 5, timestamps: 8 } as const;

const where = "tcp.options";
const head = layout<{ type: number; length: number }>(where, { type: uint(8), length: uint(8) });
const mss = layout<Omit<TcpMaximumSegmentSize, "type">>(where, { size: uint(16) });
const windowScale = layout<Omit<TcpWindowScale, "type">>(where, { shift: uint(8) });
const sackBlock = layout<TcpSackBlock>(where, { left: uint(32), right: uint(32) });
const timestamps = layout<Omit<TcpTimestamps, "type">>(where, {
  value: uint(32),
  echoReply: uint(32),
});

/** Reads one whole option. */
export function readTcpOption(bytes: Uint8Array): TcpOption {
  const type = bytes[0] ?? 0;
  const data = bytes.subarray(head.size);
  switch (type) {
    case kinds.nop:
      return { type: "nop" };
    case kinds.mss:
      if (data.length !== mss.size) break;
      return { type: "maximum-segment-size", ...mss.read(data) };
    case kinds.windowScale:
      if (data.length !== windowScale.size) break;
      return { type: "window-scale", ...windowScale.read(data) };
    case kinds.sackPermitted:
      if (data.length !== 0) break;
      return { type: "sack-permitted" };
    case kinds.sack:
      if (data.length % sackBlock.size !== 0) break;
      return { type: "sack", blocks: readEach(sackBlock, data) };
    case kinds.timestamps:
      if (data.length !== timestamps.size) break;
      return { type: "timestamps", ...timestamps.read(data) };
    default:
  }
  return { type, data };
}

/** Writes one option. */
export function writeTcpOption(option: Draft<TcpOption>): Uint8Array {
  switch (option.type) {
    case "nop":
      return Uint8Array.of(kinds.nop);
    case "maximum-segment-size":
      return withHead(kinds.mss, mss.write({ size: 0, ...option }));
    case "window-scale":
      return withHead(kinds.windowScale, windowScale.write({ shift: 0, ...option }));
    case "sack-permitted":
      return withHead(kinds.sackPermitted, noBytes);
    case "sack":
      return withHead(kinds.sack, concatBytes(...(option.blocks ?? []).map(writeBlock)));
    case "timestamps":
      return withHead(kinds.timestamps, timestamps.write({ value: 0, echoReply: 0, ...option }));
    default:
      return withHead(option.type, option.data ?? noBytes);
  }
}

function withHead(type: number, data: Uint8Array): Uint8Array {
  return concatBytes(head.write({ type, length: head.size + data.length }), data);
}

function writeBlock(block: Draft<TcpSackBlock>): Uint8Array {
  return sackBlock.write({ left: 0, right: 0, ...block });
}

function readEach<T>(of: Layout<T>, bytes: Uint8Array): readonly T[] {
  return Array.from({ length: bytes.length / of.size }, (_, index) =>
    of.read(bytes.subarray(index * of.size)),
  );
}
