import { crc32c } from "../checksum.ts";
import type { BuildContext, Draft, LayerCodec, LayerFields, ParseResult } from "../layer.ts";
import { ipProtocols } from "../numbers.ts";
import { requireWholeDatagram } from "../pseudo-header.ts";
import { concatBytes } from "../wire/bytes.ts";
import { type Field, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { splitOptions } from "../wire/options.ts";
import { nextSelector } from "./ipv6.ts";
import { readSctpChunk, type SctpChunk, sizeOfSctpChunk, writeSctpChunk } from "./sctp-chunks.ts";

/** An SCTP packet (RFC 9260): the common header of 12 bytes and its chunks. What is no whole chunk is payload. */
export interface Sctp {
  readonly kind: "sctp";
  /** 0 to 65535. Default 0. */
  readonly sourcePort: number;
  /** 0 to 65535. Default 0. */
  readonly destinationPort: number;
  /** 32 bits. Default 0. */
  readonly verificationTag: number;
  /** CRC32c of header and chunks. Computed when left out; 0 means that the sender computed none (RFC 9653). */
  readonly checksum: number;
  /** Default none. */
  readonly chunks: readonly SctpChunk[];
}

/** An SCTP packet to build or to expect. */
export function sctp(fields: LayerFields<Sctp> = {}): Draft<Sctp> {
  return { ...fields, kind: "sctp" };
}

/** The CRC travels with its least significant byte first (RFC 9260 appendix A). */
const crcField: Field<number> = {
  bits: 32,
  read: (bytes, bit) => uint(32).read(bytes.subarray(bit / 8, bit / 8 + 4).toReversed(), 0),
  write(bytes, bit, value, where) {
    uint(32).write(bytes, bit, value, where);
    bytes.subarray(bit / 8, bit / 8 + 4).reverse();
  },
};

const header = layout<Omit<Sctp, "kind" | "chunks">>("sctp", {
  sourcePort: uint(16),
  destinationPort: uint(16),
  verificationTag: uint(32),
  checksum: crcField,
});

export const sctpCodec: LayerCodec<Sctp> = {
  kind: "sctp",
  follows: [{ space: "ipv4-protocol", value: ipProtocols.numberOf("sctp") }, nextSelector("sctp")],
  checksum: { algorithm: "crc32c", covers: "datagram", optional: true },
  parse(bytes, context): ParseResult<Sctp> {
    if (bytes.length < header.size) {
      return { outcome: "cut-short", needs: header.size, fallback: "ports" };
    }
    const split = splitOptions(bytes.subarray(header.size), sizeOfSctpChunk);
    const unreadable = split.tail.length > 0 && !context.truncated;
    return {
      outcome: "parsed",
      layer: { kind: "sctp", ...header.read(bytes), chunks: split.options.map(readSctpChunk) },
      length: bytes.length - split.tail.length,
      problem: unreadable ? "the last chunk's length is not that of the bytes there" : undefined,
    };
  },
  build,
};

function build(layer: Draft<Sctp>, context: BuildContext): Uint8Array {
  const chunks = concatBytes(...(layer.chunks ?? []).map(writeSctpChunk));
  const fields = {
    sourcePort: 0,
    destinationPort: 0,
    verificationTag: 0,
    checksum: 0,
    ...layer,
  };
  const bytes = concatBytes(header.write(fields), chunks);
  if (layer.checksum !== undefined) return bytes;
  requireWholeDatagram("sctp", context.enclosing, bytes.length + context.body.length);
  const checksum = crc32c(bytes, context.body);
  return concatBytes(header.write({ ...fields, checksum }), chunks);
}
