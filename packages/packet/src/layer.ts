import type { Packet, PacketDraft } from "./packet.ts";

/** One header of a packet as a plain value; `kind` says which. */
export interface AnyLayer {
  readonly kind: string;
}

/**
 * What a builder takes and an expectation states of a value: `kind` and `type`, which say what it is, and any
 * of the other fields.
 */
export type Draft<T> = T extends string | number | boolean | Uint8Array
  ? T
  : T extends Packet<AnyLayer>
    ? PacketDraft
    : T extends readonly (infer Element)[]
      ? readonly Draft<Element>[]
      : { readonly [Name in keyof T as Extract<Name, "kind" | "type">]: T[Name] } & {
          readonly [Name in keyof T as Exclude<Name, "kind" | "type">]?: Draft<T[Name]>;
        };

/** The fields of a {@link Draft} of a layer, apart from its kind: the parameter of the layer's constructor. */
export type LayerFields<L extends AnyLayer> = L extends AnyLayer ? Omit<Draft<L>, "kind"> : never;

/**
 * A number by which one header says what follows it. The spaces of the standard layers: `link-type` (of
 * pcapng), `ip-version`, `ether-type`, `ipv4-protocol`, `ipv6-next-header`, `udp-port` (the destination).
 */
export interface Selector {
  readonly space: string;
  readonly value: number;
}

/** What a codec made of the bytes at the beginning of what it was given. */
export type ParseResult<L extends AnyLayer> = ParsedLayer<L> | CutShort | Malformed;

/** The header is understood. */
export interface ParsedLayer<L extends AnyLayer> {
  readonly outcome: "parsed";
  readonly layer: L;
  /** Bytes that the layer takes and that building it gives back; at most those it was given. */
  readonly length: number;
  /** Bytes that follow according to the header; undefined: all there are. */
  readonly bodyLength?: number | undefined;
  /** Whether what follows is the first part of something longer, in which headers announce more than is there. */
  readonly firstFragment?: boolean | undefined;
  /** What follows; undefined: payload. */
  readonly next?: Selector | undefined;
  /** Why what follows cannot be trusted although the header itself can be read. */
  readonly problem?: string | undefined;
}

/** The bytes end inside the header, which is only a problem when they should be all there. */
export interface CutShort {
  readonly outcome: "cut-short";
  /** Bytes that the header has. */
  readonly needs: number;
  /** The kind of layer that can still be read from the beginning of such a header. */
  readonly fallback?: string | undefined;
}

/** The header contradicts itself. */
export interface Malformed {
  readonly outcome: "malformed";
  readonly reason: string;
}

/** What a codec is told beside the bytes it parses. */
export interface ParseContext {
  /** The layers that enclose this one, outermost first. */
  readonly enclosing: readonly AnyLayer[];
  /** Whether bytes that belong here are elsewhere: not captured, not quoted, or in other fragments. */
  readonly truncated: boolean;
  /** Parses the beginning of an IP packet that an error message quotes. */
  parseQuoted(bytes: Uint8Array): Packet;
}

/** What a codec is told beside the layer it builds. */
export interface BuildContext {
  /** What follows the header, already built, without the trailer. */
  readonly body: Uint8Array;
  /** The layers that enclose this one, outermost first. */
  readonly enclosing: readonly AnyLayer[];
  /**
   * The number that announces the layer that follows; undefined when payload follows.
   *
   * @throws {PacketError} `unknown-next-layer` when that layer has no number in the space
   */
  nextNumber(space: string): number | undefined;
  /** Builds a packet that an error message quotes. */
  buildQuoted(packet: PacketDraft): Uint8Array;
}

/** What a layer's checksum covers. The layer keeps it in a field called `checksum`. */
export interface ChecksumRule {
  /** That of RFC 1071, in 16 bits, or that of SCTP, in 32. */
  readonly algorithm: "internet" | "crc32c";
  /** The layer itself, or also everything in it, for which the whole datagram is needed. */
  readonly covers: "header" | "datagram";
  /** Whether 0 means that the sender computed none. */
  readonly optional: boolean;
}

/**
 * Both directions of one kind of layer. Laws, for every layer and all bytes:
 * - building what was parsed gives the bytes back;
 * - parsing never throws;
 * - fields that a draft leaves out get a default, lengths and checksums the right value; what it gives is kept.
 */
export interface LayerCodec<L extends AnyLayer> {
  readonly kind: L["kind"];
  /** Where the layer appears. The first selector of a space is the one that builders write. */
  readonly follows: readonly Selector[];
  readonly checksum?: ChecksumRule;
  parse(bytes: Uint8Array, context: ParseContext): ParseResult<L>;
  /** @throws {PacketError} when a field cannot hold its value or a checksum cannot be computed */
  build(layer: Draft<L>, context: BuildContext): Uint8Array;
  /** The layer in a few words for `describePacket`; its kind when left out. */
  describe?(layer: L): string;
}
