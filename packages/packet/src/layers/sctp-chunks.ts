import type { Draft } from "../layer.ts";
import { concatBytes, noBytes, readUint16, zeroPadding } from "../wire/bytes.ts";
import { uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";

interface SctpChunkFrame {
  /** 8 bits, as the type defines. Default 0. */
  readonly flags: number;
  /** Bytes of the chunk without its padding. Computed when left out. */
  readonly length: number;
  /** Up to three bytes after the chunk. Default: zeros up to a multiple of 4. */
  readonly padding: Uint8Array;
}

interface SctpDataFields {
  /** Default 0. */
  readonly tsn: number;
  /** Default 0. */
  readonly streamId: number;
  /** Default 0. */
  readonly streamSequenceNumber: number;
  /** Default 0. */
  readonly payloadProtocol: number;
}

/** User data (RFC 9260 section 3.3.1). */
export interface SctpData extends SctpChunkFrame, SctpDataFields {
  readonly type: "data";
  /** Default none. */
  readonly userData: Uint8Array;
}

interface SctpInitFields {
  /** Default 0. */
  readonly initiateTag: number;
  /** Bytes. Default 0. */
  readonly receiverWindow: number;
  /** Default 0. */
  readonly outboundStreams: number;
  /** Default 0. */
  readonly inboundStreams: number;
  /** Default 0. */
  readonly initialTsn: number;
}

/** Asks for an association (RFC 9260 section 3.3.2). */
export interface SctpInit extends SctpChunkFrame, SctpInitFields {
  readonly type: "init";
  /** Not taken apart. Default none. */
  readonly parameters: Uint8Array;
}

/** Agrees to an association (RFC 9260 section 3.3.3). */
export interface SctpInitAck extends SctpChunkFrame, SctpInitFields {
  readonly type: "init-ack";
  /** Not taken apart. Default none. */
  readonly parameters: Uint8Array;
}

/** Names of chunk types whose value is not taken apart (IANA SCTP chunk types). */
export type SctpOtherChunkName =
  | "sack"
  | "heartbeat"
  | "heartbeat-ack"
  | "abort"
  | "shutdown"
  | "shutdown-ack"
  | "error"
  | "cookie-echo"
  | "cookie-ack"
  | "shutdown-complete";

/** Any other chunk, or one that is too short for its type, by its number. */
export interface SctpOtherChunk extends SctpChunkFrame {
  readonly type: SctpOtherChunkName | number;
  /** What follows type, flags and length. Default none. */
  readonly value: Uint8Array;
}

/** One chunk of an SCTP packet (RFC 9260 section 3.2). */
export type SctpChunk = SctpData | SctpInit | SctpInitAck | SctpOtherChunk;

const types = nameTable<"data" | "init" | "init-ack" | SctpOtherChunkName>({
  data: 0,
  init: 1,
  "init-ack": 2,
  sack: 3,
  heartbeat: 4,
  "heartbeat-ack": 5,
  abort: 6,
  shutdown: 7,
  "shutdown-ack": 8,
  error: 9,
  "cookie-echo": 10,
  "cookie-ack": 11,
  "shutdown-complete": 14,
});

const where = "sctp.chunks";

const head = layout<{ type: number; flags: number; length: number }>(where, {
  type: uint(8),
  flags: uint(8),
  length: uint(16),
});

const dataFields = layout<SctpDataFields>(where, {
  tsn: uint(32),
  streamId: uint(16),
  streamSequenceNumber: uint(16),
  payloadProtocol: uint(32),
});

const initFields = layout<SctpInitFields>(where, {
  initiateTag: uint(32),
  receiverWindow: uint(32),
  outboundStreams: uint(16),
  inboundStreams: uint(16),
  initialTsn: uint(32),
});

/** The size of the chunk at the beginning of `rest` with as much of its padding as is there; 0 when its length makes no sense. */
export function sizeOfSctpChunk(rest: Uint8Array): number {
  const length = readUint16(rest, 2);
  if (rest.length < head.size || length < head.size || length > rest.length) return 0;
  return Math.min(length + zeroPadding(length, 4).length, rest.length);
}

/** Reads one whole chunk with its padding. */
export function readSctpChunk(bytes: Uint8Array): SctpChunk {
  const { type, flags, length } = head.read(bytes);
  const value = bytes.subarray(head.size, length);
  const frame = { flags, length, padding: bytes.subarray(length) };
  const name = types.nameOf(type);
  if (name === "data") {
    if (value.length < dataFields.size) return { type, ...frame, value };
    const userData = value.subarray(dataFields.size);
    return { type: name, ...frame, ...dataFields.read(value), userData };
  }
  if (name === "init" || name === "init-ack") {
    if (value.length < initFields.size) return { type, ...frame, value };
    const parameters = value.subarray(initFields.size);
    return { type: name, ...frame, ...initFields.read(value), parameters };
  }
  return { type: name, ...frame, value };
}

/** Writes one chunk with its padding. */
export function writeSctpChunk(chunk: Draft<SctpChunk>): Uint8Array {
  const value = writeValue(chunk);
  const length = head.size + value.length;
  return concatBytes(
    head.write({ flags: 0, length, ...chunk, type: types.numberOf(chunk.type, where) }),
    value,
    chunk.padding ?? zeroPadding(length, 4),
  );
}

function writeValue(chunk: Draft<SctpChunk>): Uint8Array {
  if (chunk.type === "data") {
    const fields = dataFields.write({ ...blankData, ...chunk });
    return concatBytes(fields, chunk.userData ?? noBytes);
  }
  if (chunk.type === "init" || chunk.type === "init-ack") {
    const fields = initFields.write({ ...blankInit, ...chunk });
    return concatBytes(fields, chunk.parameters ?? noBytes);
  }
  return chunk.value ?? noBytes;
}

const blankData: SctpDataFields = {
  tsn: 0,
  streamId: 0,
  streamSequenceNumber: 0,
  payloadProtocol: 0,
};

const blankInit: SctpInitFields = {
  initiateTag: 0,
  receiverWindow: 0,
  outboundStreams: 0,
  inboundStreams: 0,
  initialTsn: 0,
};
