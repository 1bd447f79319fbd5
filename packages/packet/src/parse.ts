import type { AnyLayer, Selector } from "./layer.ts";
import type { Packet } from "./packet.ts";
import type { Protocols } from "./protocols.ts";
import { standardProtocols } from "./standard-layers.ts";
import { walkLayers } from "./walk.ts";

/** What a packet begins with: an Ethernet header, or an IP header of either version. */
export type LinkType = "ethernet" | "ip";

/** How bytes are to be understood. */
export interface ParseOptions {
  readonly linkType: LinkType;
  /**
   * Bytes that the packet had when `bytes` is only the beginning that was captured of it. Headers may then
   * announce more than is there.
   *
   * @defaultValue the length of `bytes`
   */
  readonly originalLength?: number;
}

/** How bytes are to be understood, with other protocols than the standard ones. */
export interface ProtocolParseOptions<L extends AnyLayer> extends ParseOptions {
  /**
   * What the layers are parsed by. Packets that error messages quote are parsed by the standard protocols.
   *
   * @defaultValue `standardProtocols`
   */
  readonly protocols: Protocols<L>;
}

/**
 * Takes a packet apart. Never throws: what cannot be parsed is the packet's payload, and `problem` says why.
 *
 * The law: `buildPacket(parsePacket(bytes, options))` equals `bytes`, whatever they are.
 */
export function parsePacket(bytes: Uint8Array, options: ParseOptions): Packet;
export function parsePacket<L extends AnyLayer>(
  bytes: Uint8Array,
  options: ProtocolParseOptions<L>,
): Packet<L>;
export function parsePacket(
  bytes: Uint8Array,
  options: ParseOptions & Partial<ProtocolParseOptions<AnyLayer>>,
): Packet<AnyLayer> {
  return parseFrom(bytes, {
    linkType: options.linkType,
    fullLength: Math.max(options.originalLength ?? 0, bytes.length),
    protocols: options.protocols ?? standardProtocols,
    depth: 0,
  });
}

/**
 * Quotations within quotations that are still parsed; the rest stay bytes. An error message never quotes another
 * one (RFC 1122 section 3.2.2), so that only hostile packets nest, and they must not exhaust the stack.
 */
const deepestQuotation = 3;

/** Parses the beginning of an IP packet that is quoted; `depth` quotations are around it. */
export function parseQuoted(bytes: Uint8Array, depth = 1): Packet {
  const fullLength = Number.POSITIVE_INFINITY;
  if (depth > deepestQuotation) {
    return unparsed(bytes, fullLength, "quotations are nested too deeply");
  }
  return parseFrom(bytes, { linkType: "ip", fullLength, protocols: standardProtocols, depth });
}

interface Start<L extends AnyLayer> {
  readonly linkType: LinkType;
  readonly fullLength: number;
  readonly protocols: Protocols<L>;
  readonly depth: number;
}

function parseFrom<L extends AnyLayer>(bytes: Uint8Array, from: Start<L>): Packet<L> {
  const { linkType, fullLength, protocols, depth } = from;
  const selector = firstSelector(bytes, linkType);
  const first = protocols.bySelector(selector);
  if (first === undefined) {
    const known = `${selector.space} ${String(selector.value)} is not known`;
    return unparsed(bytes, fullLength, bytes.length === 0 ? "it is empty" : known);
  }
  return walkLayers(bytes, {
    first,
    fullLength,
    protocols,
    parseQuoted: (quoted) => parseQuoted(quoted, depth + 1),
  }).packet;
}

function firstSelector(bytes: Uint8Array, linkType: LinkType): Selector {
  return linkType === "ethernet"
    ? { space: "link-type", value: 1 }
    : { space: "ip-version", value: (bytes[0] ?? 0) >>> 4 };
}

function unparsed(bytes: Uint8Array, fullLength: number, reason: string): Packet<never> {
  return {
    layers: [],
    payload: bytes,
    trailer: bytes.subarray(bytes.length),
    missing: fullLength - bytes.length,
    problem: { layer: "packet", offset: 0, reason },
  };
}
