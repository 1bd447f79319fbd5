import type { AnyLayer, BuildContext, ParseContext, ParseResult } from "../layer.ts";
import type { Packet, PacketDraft } from "../packet.ts";
import { concatBytes, noBytes } from "../wire/bytes.ts";
import type { Layout } from "../wire/layout.ts";

/** What an ICMP error message says about the packet that caused it. */
export interface IcmpQuote {
  /** The beginning of the packet, as much as was quoted. Default nothing. */
  readonly quoted: Packet;
  /** Extension objects behind the quotation (RFC 4884), not taken apart. Default none. */
  readonly extensions: Uint8Array;
}

/** Where the checksum lies in every message of ICMP and ICMPv6. */
export const icmpChecksumOffset = 2;

/** Bytes of the type, which precedes the other fields of a message. */
const typeSize = 1;

/** Parses a message of which only the fields belong to the layer; what follows them is payload. */
export function readHeader<T, L extends AnyLayer>(
  bytes: Uint8Array,
  fields: Layout<T>,
  layerOf: (values: T) => L,
): ParseResult<L> {
  const length = typeSize + fields.size;
  if (bytes.length < length) return { outcome: "cut-short", needs: length };
  const layer = layerOf(fields.read(bytes.subarray(typeSize)));
  return { outcome: "parsed", layer, length };
}

/** Parses a message that belongs to the layer as a whole; `layerOf` is also given what follows the fields. */
export function readWhole<T, L extends AnyLayer>(
  bytes: Uint8Array,
  fields: Layout<T>,
  layerOf: (values: T, rest: Uint8Array) => L,
): ParseResult<L> {
  const end = typeSize + fields.size;
  if (bytes.length < end) return { outcome: "cut-short", needs: end };
  const layer = layerOf(fields.read(bytes.subarray(typeSize)), bytes.subarray(end));
  return { outcome: "parsed", layer, length: bytes.length };
}

/**
 * Reads a quotation that takes the whole of `bytes`.
 *
 * @param quotedLength - bytes of it that are the packet, when the message says so; 0: all
 */
export function readQuote(
  bytes: Uint8Array,
  quotedLength: number,
  context: ParseContext,
): IcmpQuote {
  const end = quotedLength === 0 ? bytes.length : quotedLength;
  return { quoted: context.parseQuoted(bytes.subarray(0, end)), extensions: bytes.subarray(end) };
}

/** Writes a quotation. */
export function writeQuote(
  quote: { readonly quoted?: PacketDraft; readonly extensions?: Uint8Array },
  context: BuildContext,
): Uint8Array {
  const quoted = quote.quoted === undefined ? noBytes : context.buildQuoted(quote.quoted);
  return concatBytes(quoted, quote.extensions ?? noBytes);
}
