import type {
  BuildContext,
  Draft,
  LayerCodec,
  LayerFields,
  ParseContext,
  ParseResult,
} from "../layer.ts";
import { ipProtocols } from "../numbers.ts";
import { transportChecksum } from "../pseudo-header.ts";
import { concatBytes, writeUint16, zeroPadding } from "../wire/bytes.ts";
import { counted, flagSet, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { sizeOfHeaderOption, splitOptions } from "../wire/options.ts";
import { nextSelector } from "./ipv6.ts";
import { readTcpOption, type TcpOption, writeTcpOption } from "./tcp-options.ts";

/** TCP control bits from the least significant one (RFC 9293 section 3.1; `ae` is RFC 9768's, once `ns`). */
export const tcpFlags = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"] as const;
export type TcpFlag = (typeof tcpFlags)[number];

/** A TCP header (RFC 9293), 20 to 60 bytes. */
export interface Tcp {
  readonly kind: "tcp";
  /** 0 to 65535. Default 0. */
  readonly sourcePort: number;
  /** 0 to 65535. Default 0. */
  readonly destinationPort: number;
  /** 32 bits. Default 0. */
  readonly sequenceNumber: number;
  /** 32 bits. Default 0. */
  readonly acknowledgmentNumber: number;
  /** Bytes, a multiple of 4 (the data offset). Computed when left out. */
  readonly headerLength: number;
  /** 3 bits. Default 0. */
  readonly reserved: number;
  /** In the order of {@link tcpFlags}. Default none. */
  readonly flags: readonly TcpFlag[];
  /** As it travels, before scaling. Default 65535. */
  readonly window: number;
  /** Computed when left out. */
  readonly checksum: number;
  /** Default 0. */
  readonly urgentPointer: number;
  /** Default none. */
  readonly options: readonly TcpOption[];
  /** The header's rest after the options: end of list and padding, or what cannot be read. Default: zeros as needed. */
  readonly optionTail: Uint8Array;
}

/** A TCP header to build or to expect. The flags may be given in any order. */
export function tcp(fields: LayerFields<Tcp> = {}): Draft<Tcp> {
  const { flags } = fields;
  if (flags === undefined) return { ...fields, kind: "tcp" };
  return { ...fields, flags: tcpFlags.filter((flag) => flags.includes(flag)), kind: "tcp" };
}

const header = layout<Omit<Tcp, "kind" | "options" | "optionTail">>("tcp", {
  sourcePort: uint(16),
  destinationPort: uint(16),
  sequenceNumber: uint(32),
  acknowledgmentNumber: uint(32),
  headerLength: counted(4, 4),
  reserved: uint(3),
  flags: flagSet(tcpFlags),
  window: uint(16),
  checksum: uint(16),
  urgentPointer: uint(16),
});

const checksumOffset = 16;

export const tcpCodec: LayerCodec<Tcp> = {
  kind: "tcp",
  follows: [{ space: "ipv4-protocol", value: ipProtocols.numberOf("tcp") }, nextSelector("tcp")],
  checksum: { algorithm: "internet", covers: "datagram", optional: false },
  parse,
  build,
};

function parse(bytes: Uint8Array, context: ParseContext): ParseResult<Tcp> {
  if (bytes.length < header.size) {
    return { outcome: "cut-short", needs: header.size, fallback: "ports" };
  }
  const fields = header.read(bytes);
  const { headerLength } = fields;
  if (headerLength < header.size) {
    return {
      outcome: "malformed",
      reason: `data offset ${String(headerLength)} is below 20 bytes`,
    };
  }
  // A capture that ends among the options still has all the fields that matter most.
  if (bytes.length < headerLength && !context.truncated) {
    return { outcome: "cut-short", needs: headerLength };
  }
  const split = splitOptions(bytes.subarray(header.size, headerLength), sizeOfHeaderOption);
  return {
    outcome: "parsed",
    layer: {
      kind: "tcp",
      ...fields,
      options: split.options.map(readTcpOption),
      optionTail: split.tail,
    },
    length: Math.min(headerLength, bytes.length),
  };
}

function build(layer: Draft<Tcp>, context: BuildContext): Uint8Array {
  const options = concatBytes(...(layer.options ?? []).map(writeTcpOption));
  const rest = concatBytes(options, layer.optionTail ?? zeroPadding(options.length, 4));
  const fixed = header.write({
    sourcePort: 0,
    destinationPort: 0,
    sequenceNumber: 0,
    acknowledgmentNumber: 0,
    headerLength: header.size + rest.length,
    reserved: 0,
    flags: [],
    window: 0xffff,
    checksum: 0,
    urgentPointer: 0,
    ...layer,
  });
  const bytes = concatBytes(fixed, rest);
  if (layer.checksum === undefined) {
    writeUint16(bytes, checksumOffset, transportChecksum("tcp", "tcp", bytes, context));
  }
  return bytes;
}
