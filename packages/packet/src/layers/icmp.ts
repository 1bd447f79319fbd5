import type { Ipv4Address } from "@heddle/contracts";
import { internetChecksum } from "../checksum.ts";
import type {
  BuildContext,
  Draft,
  LayerCodec,
  LayerFields,
  ParseContext,
  ParseResult,
} from "../layer.ts";
import { ipProtocols } from "../numbers.ts";
import { requireWholeDatagram } from "../pseudo-header.ts";
import { concatBytes, writeUint16 } from "../wire/bytes.ts";
import { counted, ipv4Field, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import {
  icmpChecksumOffset,
  type IcmpQuote,
  readHeader,
  readQuote,
  readWhole,
  writeQuote,
} from "./icmp-message.ts";
import { unspecifiedIpv4 } from "./ipv4.ts";

interface IcmpHeader {
  readonly kind: "icmp";
  /** Computed when left out. */
  readonly checksum: number;
}

interface IcmpQuoteLength {
  /** Bytes that the quotation is said to have, a multiple of 4; 0 when there are no extensions (RFC 4884). Default 0. */
  readonly quotedLength: number;
}

/** Echo request and reply (RFC 792). The data is the packet's payload. */
export interface IcmpEcho extends IcmpHeader {
  readonly type: "echo-request" | "echo-reply";
  /** Default 0. */
  readonly code: number;
  /** Default 0. */
  readonly identifier: number;
  /** Default 0. */
  readonly sequenceNumber: number;
}

/** Why a destination is unreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). */
export type IcmpUnreachableCode =
  | "network-unreachable"
  | "host-unreachable"
  | "protocol-unreachable"
  | "port-unreachable"
  | "fragmentation-needed"
  | "source-route-failed"
  | "network-unknown"
  | "host-unknown"
  | "network-prohibited"
  | "host-prohibited"
  | "administratively-prohibited";

/** A packet could not be delivered (RFC 792). */
export interface IcmpUnreachable extends IcmpHeader, IcmpQuoteLength, IcmpQuote {
  readonly type: "destination-unreachable";
  /** Default `network-unreachable`. */
  readonly code: IcmpUnreachableCode | number;
  /** 8 bits. Default 0. */
  readonly unused: number;
  /** With `fragmentation-needed`, the largest packet that passes (RFC 1191 section 4). Default 0. */
  readonly nextHopMtu: number;
}

/** A packet lived too long, or its fragments did not all arrive (RFC 792). */
export interface IcmpTimeExceeded extends IcmpHeader, IcmpQuoteLength, IcmpQuote {
  readonly type: "time-exceeded";
  /** Default `ttl-exceeded`. */
  readonly code: "ttl-exceeded" | "reassembly-time-exceeded" | number;
  /** 8 bits before the length of the quotation. Default 0. */
  readonly unused: number;
  /** 16 bits after it. Default 0. */
  readonly unusedEnd: number;
}

/** A header field was wrong (RFC 792). */
export interface IcmpParameterProblem extends IcmpHeader, IcmpQuoteLength, IcmpQuote {
  readonly type: "parameter-problem";
  /** Default 0: the pointer says where. */
  readonly code: number;
  /** Offset of the byte in the quoted packet. Default 0. */
  readonly pointer: number;
  /** 16 bits. Default 0. */
  readonly unused: number;
}

/** A better first hop (RFC 792). */
export interface IcmpRedirect extends IcmpHeader, IcmpQuote {
  readonly type: "redirect";
  /** Default `network`. */
  readonly code: "network" | "host" | "network-tos" | "host-tos" | number;
  /** Default `0.0.0.0`. */
  readonly gateway: Ipv4Address;
}

/** Names of types whose body is not taken apart (IANA ICMP types). */
export type IcmpOtherType =
  | "router-advertisement"
  | "router-solicitation"
  | "timestamp"
  | "timestamp-reply";

/** Any other message; what follows the checksum is the packet's payload. */
export interface IcmpOther extends IcmpHeader {
  readonly type: IcmpOtherType | number;
  /** Default 0. */
  readonly code: number;
}

/** An ICMP message (RFC 792). */
export type Icmp =
  | IcmpEcho
  | IcmpUnreachable
  | IcmpTimeExceeded
  | IcmpParameterProblem
  | IcmpRedirect
  | IcmpOther;

/** An ICMP message to build or to expect. */
export function icmp(fields: LayerFields<Icmp>): Draft<Icmp> {
  return { ...fields, kind: "icmp" };
}

const types = nameTable<Exclude<Icmp["type"], number>>({
  "echo-reply": 0,
  "destination-unreachable": 3,
  redirect: 5,
  "echo-request": 8,
  "router-advertisement": 9,
  "router-solicitation": 10,
  "time-exceeded": 11,
  "parameter-problem": 12,
  timestamp: 13,
  "timestamp-reply": 14,
});

const unreachableCodes = nameTable<IcmpUnreachableCode>({
  "network-unreachable": 0,
  "host-unreachable": 1,
  "protocol-unreachable": 2,
  "port-unreachable": 3,
  "fragmentation-needed": 4,
  "source-route-failed": 5,
  "network-unknown": 6,
  "host-unknown": 7,
  "network-prohibited": 9,
  "host-prohibited": 10,
  "administratively-prohibited": 13,
});

/** The fields of a message after its type, without what follows the first eight bytes. */
type After<L> = Omit<L, "kind" | "type" | keyof IcmpQuote>;

const other = layout<After<IcmpOther>>("icmp", { code: uint(8), checksum: uint(16) });

const echo = layout<After<IcmpEcho>>("icmp", {
  code: uint(8),
  checksum: uint(16),
  identifier: uint(16),
  sequenceNumber: uint(16),
});

const unreachable = layout<After<IcmpUnreachable>>("icmp", {
  code: named(8, unreachableCodes),
  checksum: uint(16),
  unused: uint(8),
  quotedLength: counted(8, 4),
  nextHopMtu: uint(16),
});

const timeExceeded = layout<After<IcmpTimeExceeded>>("icmp", {
  code: named(8, nameTable({ "ttl-exceeded": 0, "reassembly-time-exceeded": 1 })),
  checksum: uint(16),
  unused: uint(8),
  quotedLength: counted(8, 4),
  unusedEnd: uint(16),
});

const parameterProblem = layout<After<IcmpParameterProblem>>("icmp", {
  code: uint(8),
  checksum: uint(16),
  pointer: uint(8),
  quotedLength: counted(8, 4),
  unused: uint(16),
});

const redirect = layout<After<IcmpRedirect>>("icmp", {
  code: named(8, nameTable({ network: 0, host: 1, "network-tos": 2, "host-tos": 3 })),
  checksum: uint(16),
  gateway: ipv4Field,
});

export const icmpCodec: LayerCodec<Icmp> = {
  kind: "icmp",
  follows: [{ space: "ipv4-protocol", value: ipProtocols.numberOf("icmp") }],
  checksum: { algorithm: "internet", covers: "datagram", optional: false },
  parse,
  build(layer, context) {
    const type = Uint8Array.of(types.numberOf(layer.type, "icmp.type"));
    const bytes = concatBytes(type, writeAfterType(layer, context));
    if (layer.checksum === undefined) {
      requireWholeDatagram("icmp", context.enclosing, bytes.length + context.body.length);
      writeUint16(bytes, icmpChecksumOffset, internetChecksum(bytes, context.body));
    }
    return bytes;
  },
};

function parse(bytes: Uint8Array, context: ParseContext): ParseResult<Icmp> {
  const kind = "icmp";
  const type = types.nameOf(bytes[0] ?? 0);
  switch (type) {
    case "echo-request":
    case "echo-reply":
      return readHeader(bytes, echo, (fields) => ({ kind, type, ...fields }));
    case "destination-unreachable":
      return readWhole(bytes, unreachable, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, fields.quotedLength, context) };
      });
    case "time-exceeded":
      return readWhole(bytes, timeExceeded, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, fields.quotedLength, context) };
      });
    case "parameter-problem":
      return readWhole(bytes, parameterProblem, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, fields.quotedLength, context) };
      });
    case "redirect":
      return readWhole(bytes, redirect, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, 0, context) };
      });
    case "router-advertisement":
    case "router-solicitation":
    case "timestamp":
    case "timestamp-reply":
    default:
      return readHeader(bytes, other, (fields) => ({ kind, type, ...fields }));
  }
}

const blank = { code: 0, checksum: 0, unused: 0, quotedLength: 0 } as const;

function writeAfterType(layer: Draft<Icmp>, context: BuildContext): Uint8Array {
  switch (layer.type) {
    case "echo-request":
    case "echo-reply":
      return echo.write({ ...blank, identifier: 0, sequenceNumber: 0, ...layer });
    case "destination-unreachable":
      return concatBytes(
        unreachable.write({ ...blank, nextHopMtu: 0, ...layer }),
        writeQuote(layer, context),
      );
    case "time-exceeded":
      return concatBytes(
        timeExceeded.write({ ...blank, unusedEnd: 0, ...layer }),
        writeQuote(layer, context),
      );
    case "parameter-problem":
      return concatBytes(
        parameterProblem.write({ ...blank, pointer: 0, ...layer }),
        writeQuote(layer, context),
      );
    case "redirect":
      return concatBytes(
        redirect.write({ ...blank, gateway: unspecifiedIpv4, ...layer }),
        writeQuote(layer, context),
      );
    case "router-advertisement":
    case "router-solicitation":
    case "timestamp":
    case "timestamp-reply":
    default:
      return other.write({ ...blank, ...layer });
  }
}
