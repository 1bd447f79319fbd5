import { type Ipv6Address, ipv6ByteLength, ipv6FromBytes } from "@heddle/contracts";
import type { Draft, LayerCodec, LayerFields, ParseResult } from "../layer.ts";
import { type IpProtocol, ipProtocols } from "../numbers.ts";
import { concatBytes, noBytes } from "../wire/bytes.ts";
import { counted, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import { splitOptions } from "../wire/options.ts";
import { nextHeader, nextSelector } from "./ipv6.ts";

/** Names of IPv6 options (IANA destination and hop-by-hop options); the two high bits say what to do with an unknown one. */
export type Ipv6OptionName = "pad1" | "padN" | "router-alert" | "jumbo-payload" | "home-address";

/** One option of a hop-by-hop or destination options header (RFC 8200 section 4.2). */
export interface Ipv6Option {
  readonly type: Ipv6OptionName | number;
  /** What follows type and length; `pad1` has neither length nor data. */
  readonly data: Uint8Array;
}

interface OptionsHeader {
  /** What follows; the layer that follows says it when left out. */
  readonly nextHeader: IpProtocol;
  /** Bytes, a multiple of 8. Computed when left out. */
  readonly headerLength: number;
  /** Without the padding at the end. Default none. */
  readonly options: readonly Ipv6Option[];
  /** The header's rest after the options: padding options, or what cannot be read. Default: padding as needed. */
  readonly optionTail: Uint8Array;
}

/** The hop-by-hop options header of IPv6 (RFC 8200 section 4.3). */
export interface Ipv6HopByHop extends OptionsHeader {
  readonly kind: "ipv6-hop-by-hop";
}

/** The destination options header of IPv6 (RFC 8200 section 4.6). */
export interface Ipv6DestinationOptions extends OptionsHeader {
  readonly kind: "ipv6-destination-options";
}

/** A hop-by-hop options header to build or to expect. */
export function ipv6HopByHop(fields: LayerFields<Ipv6HopByHop> = {}): Draft<Ipv6HopByHop> {
  return { ...fields, kind: "ipv6-hop-by-hop" };
}

/** A destination options header to build or to expect. */
export function ipv6DestinationOptions(
  fields: LayerFields<Ipv6DestinationOptions> = {},
): Draft<Ipv6DestinationOptions> {
  return { ...fields, kind: "ipv6-destination-options" };
}

const header = layout<Pick<OptionsHeader, "nextHeader" | "headerLength">>("ipv6-options", {
  nextHeader: named(8, ipProtocols),
  headerLength: counted(8, 8, 1),
});

const optionNames = nameTable<Ipv6OptionName>({
  pad1: 0,
  padN: 1,
  "router-alert": 5,
  "jumbo-payload": 0xc2,
  "home-address": 0xc9,
});

const pad1 = optionNames.numberOf("pad1");
const padN = optionNames.numberOf("padN");

export const ipv6HopByHopCodec: LayerCodec<Ipv6HopByHop> = {
  kind: "ipv6-hop-by-hop",
  follows: [nextSelector("ipv6-hop-by-hop")],
  parse: (bytes) => parse(bytes, (fields) => ({ kind: "ipv6-hop-by-hop", ...fields })),
  build: (layer, context) => build(layer, nextHeader(layer, context)),
};

export const ipv6DestinationOptionsCodec: LayerCodec<Ipv6DestinationOptions> = {
  kind: "ipv6-destination-options",
  follows: [nextSelector("ipv6-destination-options")],
  parse: (bytes) => parse(bytes, (fields) => ({ kind: "ipv6-destination-options", ...fields })),
  build: (layer, context) => build(layer, nextHeader(layer, context)),
};

function parse<L extends Ipv6HopByHop | Ipv6DestinationOptions>(
  bytes: Uint8Array,
  layerOf: (fields: OptionsHeader) => L,
): ParseResult<L> {
  if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
  const fields = header.read(bytes);
  const { headerLength } = fields;
  if (bytes.length < headerLength) return { outcome: "cut-short", needs: headerLength };
  return {
    outcome: "parsed",
    layer: layerOf({ ...fields, ...readOptions(bytes.subarray(header.size, headerLength)) }),
    length: headerLength,
    next: nextSelector(fields.nextHeader),
  };
}

function build(layer: Draft<OptionsHeader>, next: IpProtocol): Uint8Array {
  const options = concatBytes(...(layer.options ?? []).map(writeOption));
  const rest = concatBytes(options, layer.optionTail ?? padding(header.size + options.length));
  const headerLength = header.size + rest.length;
  return concatBytes(header.write({ headerLength, ...layer, nextHeader: next }), rest);
}

function readOptions(bytes: Uint8Array): Pick<OptionsHeader, "options" | "optionTail"> {
  const { options } = splitOptions(bytes, sizeOfOption);
  const last = options.findLastIndex(([type]) => type !== pad1 && type !== padN);
  const meant = options.slice(0, last + 1);
  const end = meant.reduce((length, option) => length + option.length, 0);
  return { options: meant.map(readOption), optionTail: bytes.subarray(end) };
}

function sizeOfOption(rest: Uint8Array): number {
  if (rest[0] === pad1) return 1;
  return rest.length < optionHead.size ? 0 : optionHead.size + optionHead.read(rest).length;
}

function readOption(bytes: Uint8Array): Ipv6Option {
  return { type: optionNames.nameOf(bytes[0] ?? 0), data: bytes.subarray(optionHead.size) };
}

function writeOption(option: Draft<Ipv6Option>): Uint8Array {
  const type = optionNames.numberOf(option.type, "ipv6-options.options");
  if (type === pad1) return Uint8Array.of(pad1);
  const data = option.data ?? noBytes;
  return concatBytes(optionHead.write({ type, length: data.length }), data);
}

const optionHead = layout<{ type: number; length: number }>("ipv6-options.options", {
  type: uint(8),
  length: uint(8),
});

/**
 * The address that stands for the packet's source to upper layers and their checksums (RFC 6275 section 9.3.1);
 * undefined when that is the address in the IPv6 header.
 */
export function homeAddress(layer: Draft<Ipv6DestinationOptions>): Ipv6Address | undefined {
  const option = layer.options?.find(({ type }) => type === "home-address");
  return option?.data?.length === ipv6ByteLength ? ipv6FromBytes(option.data) : undefined;
}

/** The padding option that fills `length` bytes up to a multiple of 8 (RFC 8200 section 4.2). */
function padding(length: number): Uint8Array {
  const missing = (8 - (length % 8)) % 8;
  if (missing < 2) return new Uint8Array(missing);
  return concatBytes(
    Uint8Array.of(padN, missing - optionHead.size),
    new Uint8Array(missing - optionHead.size),
  );
}
