import type {
  BuildContext,
  Draft,
  LayerCodec,
  LayerFields,
  ParseContext,
  ParseResult,
} from "../layer.ts";
import { transportChecksum } from "../pseudo-header.ts";
import { concatBytes, writeUint16 } from "../wire/bytes.ts";
import { counted, named, uint } from "../wire/field.ts";
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
import type {
  Icmpv6,
  Icmpv6Echo,
  Icmpv6Other,
  Icmpv6PacketTooBig,
  Icmpv6ParameterProblem,
  Icmpv6TimeExceeded,
  Icmpv6Unreachable,
  Icmpv6UnreachableCode,
} from "./icmpv6-types.ts";
import { nextSelector } from "./ipv6.ts";
import { parseMld, writeMld } from "./mld.ts";
import { parseNdp, writeNdp } from "./ndp.ts";

/** An ICMPv6 message to build or to expect. */
export function icmpv6(fields: LayerFields<Icmpv6>): Draft<Icmpv6> {
  return { ...fields, kind: "icmpv6" };
}

const types = nameTable<Exclude<Icmpv6["type"], number>>({
  "destination-unreachable": 1,
  "packet-too-big": 2,
  "time-exceeded": 3,
  "parameter-problem": 4,
  "echo-request": 128,
  "echo-reply": 129,
  "multicast-listener-query": 130,
  "multicast-listener-report": 131,
  "multicast-listener-done": 132,
  "router-solicitation": 133,
  "router-advertisement": 134,
  "neighbor-solicitation": 135,
  "neighbor-advertisement": 136,
  redirect: 137,
  "multicast-listener-report-v2": 143,
});

const unreachableCodes = nameTable<Icmpv6UnreachableCode>({
  "no-route": 0,
  "administratively-prohibited": 1,
  "beyond-scope": 2,
  "address-unreachable": 3,
  "port-unreachable": 4,
  "source-address-policy": 5,
  "reject-route": 6,
});

/** The fields of a message after its type, without the quotation. */
type After<L> = Omit<L, "kind" | "type" | keyof IcmpQuote>;

const other = layout<After<Icmpv6Other>>("icmpv6", { code: uint(8), checksum: uint(16) });

const echo = layout<After<Icmpv6Echo>>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  identifier: uint(16),
  sequenceNumber: uint(16),
});

const unreachable = layout<After<Icmpv6Unreachable>>("icmpv6", {
  code: named(8, unreachableCodes),
  checksum: uint(16),
  quotedLength: counted(8, 8),
  unused: uint(24),
});

const packetTooBig = layout<After<Icmpv6PacketTooBig>>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  mtu: uint(32),
});

const timeExceeded = layout<After<Icmpv6TimeExceeded>>("icmpv6", {
  code: named(8, nameTable({ "hop-limit-exceeded": 0, "reassembly-time-exceeded": 1 })),
  checksum: uint(16),
  quotedLength: counted(8, 8),
  unused: uint(24),
});

const parameterProblem = layout<After<Icmpv6ParameterProblem>>("icmpv6", {
  code: named(
    8,
    nameTable({
      "erroneous-header": 0,
      "unrecognized-next-header": 1,
      "unrecognized-option": 2,
    }),
  ),
  checksum: uint(16),
  pointer: uint(32),
});

export const icmpv6Codec: LayerCodec<Icmpv6> = {
  kind: "icmpv6",
  follows: [nextSelector("icmpv6")],
  checksum: { algorithm: "internet", covers: "datagram", optional: false },
  parse,
  build(layer, context) {
    const type = Uint8Array.of(types.numberOf(layer.type, "icmpv6.type"));
    const bytes = concatBytes(type, writeAfterType(layer, context));
    if (layer.checksum === undefined) {
      const checksum = transportChecksum("icmpv6", "icmpv6", bytes, context);
      writeUint16(bytes, icmpChecksumOffset, checksum);
    }
    return bytes;
  },
};

function parse(bytes: Uint8Array, context: ParseContext): ParseResult<Icmpv6> {
  const kind = "icmpv6";
  const type = types.nameOf(bytes[0] ?? 0);
  switch (type) {
    case "echo-request":
    case "echo-reply":
      return readHeader(bytes, echo, (fields) => ({ kind, type, ...fields }));
    case "destination-unreachable":
      return readWhole(bytes, unreachable, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, fields.quotedLength, context) };
      });
    case "packet-too-big":
      return readWhole(bytes, packetTooBig, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, 0, context) };
      });
    case "time-exceeded":
      return readWhole(bytes, timeExceeded, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, fields.quotedLength, context) };
      });
    case "parameter-problem":
      return readWhole(bytes, parameterProblem, (fields, rest) => {
        return { kind, type, ...fields, ...readQuote(rest, 0, context) };
      });
    case "router-solicitation":
    case "router-advertisement":
    case "neighbor-solicitation":
    case "neighbor-advertisement":
    case "redirect":
      return parseNdp(type, bytes, context);
    case "multicast-listener-query":
    case "multicast-listener-report":
    case "multicast-listener-done":
    case "multicast-listener-report-v2":
      return parseMld(type, bytes);
    default:
      return readHeader(bytes, other, (fields) => ({ kind, type, ...fields }));
  }
}

const blank = { code: 0, checksum: 0, quotedLength: 0, unused: 0 } as const;

function writeAfterType(layer: Draft<Icmpv6>, context: BuildContext): Uint8Array {
  switch (layer.type) {
    case "echo-request":
    case "echo-reply":
      return echo.write({ ...blank, identifier: 0, sequenceNumber: 0, ...layer });
    case "destination-unreachable":
      return concatBytes(unreachable.write({ ...blank, ...layer }), writeQuote(layer, context));
    case "packet-too-big": {
      const fields = packetTooBig.write({ ...blank, mtu: 1280, ...layer });
      return concatBytes(fields, writeQuote(layer, context));
    }
    case "time-exceeded":
      return concatBytes(timeExceeded.write({ ...blank, ...layer }), writeQuote(layer, context));
    case "parameter-problem": {
      const fields = parameterProblem.write({ ...blank, pointer: 0, ...layer });
      return concatBytes(fields, writeQuote(layer, context));
    }
    case "router-solicitation":
    case "router-advertisement":
    case "neighbor-solicitation":
    case "neighbor-advertisement":
    case "redirect":
      return writeNdp(layer, context);
    case "multicast-listener-query":
    case "multicast-listener-report":
    case "multicast-listener-done":
    case "multicast-listener-report-v2":
      return writeMld(layer);
    default:
      return other.write({ ...blank, ...layer });
  }
}
