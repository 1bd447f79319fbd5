import { type Ipv4Address, parseIpv4 } from "@heddle/contracts";
import { internetChecksum } from "../checksum.ts";
import type {
  BuildContext,
  Draft,
  LayerCodec,
  LayerFields,
  ParsedLayer,
  ParseResult,
} from "../layer.ts";
import { etherTypes, experimentalProtocol, type IpProtocol, ipProtocols } from "../numbers.ts";
import { concatBytes, noBytes, writeUint16, zeroPadding } from "../wire/bytes.ts";
import { counted, flag, ipv4Field, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import { sizeOfHeaderOption, splitOptions } from "../wire/options.ts";

/** Names of IPv4 options (IANA IP option numbers, with copy flag and class). */
export type Ipv4OptionName =
  | "nop"
  | "record-route"
  | "timestamp"
  | "loose-source-route"
  | "strict-source-route"
  | "router-alert";

/** One option of an IPv4 header, apart from the end of the list. */
export interface Ipv4Option {
  readonly type: Ipv4OptionName | number;
  /** What follows type and length; `nop` has neither length nor data. */
  readonly data: Uint8Array;
}

/** An IPv4 header (RFC 791), 20 to 60 bytes. */
export interface Ipv4 {
  readonly kind: "ipv4";
  /** Bytes, a multiple of 4. Computed when left out. */
  readonly headerLength: number;
  /** Differentiated services code point (RFC 2474), 0 to 63. Default 0. */
  readonly dscp: number;
  /** Explicit congestion notification (RFC 3168): 0 not capable, 1 and 2 capable, 3 congestion. Default 0. */
  readonly ecn: number;
  /** Bytes of header and body. Computed when left out; 0, seen before segmentation offload, means up to the end. */
  readonly totalLength: number;
  /** Default 0. */
  readonly identification: number;
  /** The unused flag. Default false. */
  readonly reservedFlag: boolean;
  /** Default false. */
  readonly dontFragment: boolean;
  /** Default false. */
  readonly moreFragments: boolean;
  /** Where this fragment's body begins in the whole body, in bytes, a multiple of 8. Default 0. */
  readonly fragmentOffset: number;
  /** Default 64. */
  readonly ttl: number;
  /** What follows; the layer that follows says it when left out. */
  readonly protocol: IpProtocol;
  /** Over the header. Computed when left out. */
  readonly checksum: number;
  /** Default `0.0.0.0`. */
  readonly source: Ipv4Address;
  /** Default `0.0.0.0`. */
  readonly destination: Ipv4Address;
  /** Default none. */
  readonly options: readonly Ipv4Option[];
  /** The header's rest after the options: end of list and padding, or what cannot be read. Default: zeros as needed. */
  readonly optionTail: Uint8Array;
}

/** An IPv4 header to build or to expect. */
export function ipv4(fields: LayerFields<Ipv4> = {}): Draft<Ipv4> {
  return { ...fields, kind: "ipv4" };
}

/** The address that stands for none. */
export const unspecifiedIpv4: Ipv4Address = parseIpv4("0.0.0.0");

const version = 4;
const checksumOffset = 10;

interface Header extends Omit<Ipv4, "kind" | "options" | "optionTail"> {
  readonly version: number;
}

const header = layout<Header>("ipv4", {
  version: uint(4),
  headerLength: counted(4, 4),
  dscp: uint(6),
  ecn: uint(2),
  totalLength: uint(16),
  identification: uint(16),
  reservedFlag: flag,
  dontFragment: flag,
  moreFragments: flag,
  fragmentOffset: counted(13, 8),
  ttl: uint(8),
  protocol: named(8, ipProtocols),
  checksum: uint(16),
  source: ipv4Field,
  destination: ipv4Field,
});

const optionNames = nameTable<Ipv4OptionName>({
  nop: 1,
  "record-route": 7,
  timestamp: 68,
  "loose-source-route": 131,
  "strict-source-route": 137,
  "router-alert": 148,
});

export const ipv4Codec: LayerCodec<Ipv4> = {
  kind: "ipv4",
  follows: [
    { space: "ip-version", value: version },
    { space: "ether-type", value: etherTypes.numberOf("ipv4") },
    { space: "ipv4-protocol", value: ipProtocols.numberOf("ipv4") },
    { space: "ipv6-next-header", value: ipProtocols.numberOf("ipv4") },
  ],
  checksum: { algorithm: "internet", covers: "header", optional: false },
  parse,
  build,
};

function parse(bytes: Uint8Array): ParseResult<Ipv4> {
  if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
  const { version: found, ...fields } = header.read(bytes);
  const { headerLength } = fields;
  if (found !== version) {
    return { outcome: "malformed", reason: `version ${String(found)} instead of 4` };
  }
  if (headerLength < header.size) {
    return { outcome: "malformed", reason: `header length ${String(headerLength)} is below 20` };
  }
  if (bytes.length < headerLength) return { outcome: "cut-short", needs: headerLength };
  const split = splitOptions(bytes.subarray(header.size, headerLength), sizeOfHeaderOption);
  return {
    outcome: "parsed",
    layer: {
      kind: "ipv4",
      ...fields,
      options: split.options.map(readOption),
      optionTail: split.tail,
    },
    length: headerLength,
    ...extent(fields),
  };
}

/** What the header says of what follows it. */
function extent(
  fields: Omit<Header, "version">,
): Pick<ParsedLayer<Ipv4>, "bodyLength" | "firstFragment" | "next" | "problem"> {
  const { totalLength, headerLength, fragmentOffset, moreFragments } = fields;
  if (totalLength !== 0 && totalLength < headerLength) {
    return {
      problem: `total length ${String(totalLength)} is below the header length ${String(headerLength)}`,
    };
  }
  const next = { space: "ipv4-protocol", value: ipProtocols.numberOf(fields.protocol) };
  return {
    // Linux leaves the length of a packet above 64 KiB 0 until it is segmented (BIG TCP).
    bodyLength: totalLength === 0 ? undefined : totalLength - headerLength,
    firstFragment: moreFragments && fragmentOffset === 0,
    // Only the first fragment has the next header.
    next: fragmentOffset === 0 ? next : undefined,
  };
}

function build(layer: Draft<Ipv4>, context: BuildContext): Uint8Array {
  const options = concatBytes(...(layer.options ?? []).map(writeOption));
  const rest = concatBytes(options, layer.optionTail ?? zeroPadding(options.length, 4));
  const headerLength = header.size + rest.length;
  const fixed = header.write({
    headerLength,
    dscp: 0,
    ecn: 0,
    totalLength: headerLength + context.body.length,
    identification: 0,
    reservedFlag: false,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    checksum: 0,
    source: unspecifiedIpv4,
    destination: unspecifiedIpv4,
    ...layer,
    protocol: layer.protocol ?? context.nextNumber("ipv4-protocol") ?? experimentalProtocol,
    version,
  });
  if (layer.checksum === undefined) {
    writeUint16(fixed, checksumOffset, internetChecksum(fixed, rest));
  }
  return concatBytes(fixed, rest);
}

function readOption(bytes: Uint8Array): Ipv4Option {
  return { type: optionNames.nameOf(bytes[0] ?? 0), data: bytes.subarray(2) };
}

function writeOption(option: Draft<Ipv4Option>): Uint8Array {
  const type = optionNames.numberOf(option.type, "ipv4.options");
  if (type === optionNames.numberOf("nop")) return Uint8Array.of(type);
  const data = option.data ?? noBytes;
  return concatBytes(optionHead.write({ type, length: 2 + data.length }), data);
}

const optionHead = layout<{ type: number; length: number }>("ipv4.options", {
  type: uint(8),
  length: uint(8),
});
