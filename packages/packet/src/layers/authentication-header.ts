import type { AnyLayer, Draft, LayerCodec, LayerFields } from "../layer.ts";
import { experimentalProtocol, type IpProtocol, ipProtocols } from "../numbers.ts";
import { concatBytes, noBytes } from "../wire/bytes.ts";
import { counted, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { enclosingIp } from "./enclosing-ip.ts";
import { nextSelector } from "./ipv6.ts";

/** The authentication header of IPsec (RFC 4302). What it protects is not encrypted and is parsed on. */
export interface AuthenticationHeader {
  readonly kind: "ah";
  /** What follows; the layer that follows says it when left out. */
  readonly nextHeader: IpProtocol;
  /** Bytes, a multiple of 4 (of 8 after IPv6). Computed when left out. */
  readonly headerLength: number;
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Security parameters index, 32 bits. Default 0. */
  readonly spi: number;
  /** 32 bits. Default 0. */
  readonly sequenceNumber: number;
  /** Integrity check value and its padding; never verified. Default none. */
  readonly integrityCheck: Uint8Array;
}

/** An authentication header to build or to expect. */
export function authenticationHeader(
  fields: LayerFields<AuthenticationHeader> = {},
): Draft<AuthenticationHeader> {
  return { ...fields, kind: "ah" };
}

const header = layout<Omit<AuthenticationHeader, "kind" | "integrityCheck">>("ah", {
  nextHeader: named(8, ipProtocols),
  headerLength: counted(8, 4, 2),
  reserved: uint(16),
  spi: uint(32),
  sequenceNumber: uint(32),
});

export const authenticationHeaderCodec: LayerCodec<AuthenticationHeader> = {
  kind: "ah",
  follows: [{ space: "ipv4-protocol", value: ipProtocols.numberOf("ah") }, nextSelector("ah")],
  parse(bytes, context) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    const fields = header.read(bytes);
    const { headerLength } = fields;
    if (headerLength < header.size) {
      return { outcome: "malformed", reason: `header length ${String(headerLength)} is below 12` };
    }
    if (bytes.length < headerLength) return { outcome: "cut-short", needs: headerLength };
    const integrityCheck = bytes.subarray(header.size, headerLength);
    return {
      outcome: "parsed",
      layer: { kind: "ah", ...fields, integrityCheck },
      length: headerLength,
      next: {
        space: protocolSpace(context.enclosing),
        value: ipProtocols.numberOf(fields.nextHeader),
      },
    };
  },
  build(layer, context) {
    const integrityCheck = layer.integrityCheck ?? noBytes;
    const fixed = header.write({
      headerLength: header.size + integrityCheck.length,
      reserved: 0,
      spi: 0,
      sequenceNumber: 0,
      ...layer,
      nextHeader:
        layer.nextHeader ??
        context.nextNumber(protocolSpace(context.enclosing)) ??
        experimentalProtocol,
    });
    return concatBytes(fixed, integrityCheck);
  },
};

/** The protocol numbers of the IP header that this one extends. */
function protocolSpace(enclosing: readonly AnyLayer[]): string {
  return enclosingIp(enclosing) === "ipv4" ? "ipv4-protocol" : "ipv6-next-header";
}
