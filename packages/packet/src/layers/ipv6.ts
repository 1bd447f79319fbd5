import { type Ipv6Address, parseIpv6 } from "@heddle/contracts";
import type { BuildContext, Draft, LayerCodec, LayerFields, ParseResult } from "../layer.ts";
import { etherTypes, experimentalProtocol, type IpProtocol, ipProtocols } from "../numbers.ts";
import { ipv6Field, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";

/** An IPv6 header (RFC 8200 section 3), 40 bytes. Extension headers are layers of their own. */
export interface Ipv6 {
  readonly kind: "ipv6";
  /** Differentiated services code point (RFC 2474), 0 to 63. Default 0. */
  readonly dscp: number;
  /** Explicit congestion notification (RFC 3168): 0 not capable, 1 and 2 capable, 3 congestion. Default 0. */
  readonly ecn: number;
  /** 20 bits. Default 0. */
  readonly flowLabel: number;
  /**
   * Bytes after this header. Computed when left out; 0 before a hop-by-hop header means up to the end
   * (jumbograms, RFC 2675).
   */
  readonly payloadLength: number;
  /** What follows; the layer that follows says it when left out. */
  readonly nextHeader: IpProtocol;
  /** Default 64. */
  readonly hopLimit: number;
  /** Default `::`. */
  readonly source: Ipv6Address;
  /** Default `::`. */
  readonly destination: Ipv6Address;
}

/** An IPv6 header to build or to expect. */
export function ipv6(fields: LayerFields<Ipv6> = {}): Draft<Ipv6> {
  return { ...fields, kind: "ipv6" };
}

/** The address that stands for none. */
export const unspecifiedIpv6: Ipv6Address = parseIpv6("::");

const version = 6;

interface Header extends Omit<Ipv6, "kind"> {
  readonly version: number;
}

const header = layout<Header>("ipv6", {
  version: uint(4),
  dscp: uint(6),
  ecn: uint(2),
  flowLabel: uint(20),
  payloadLength: uint(16),
  nextHeader: named(8, ipProtocols),
  hopLimit: uint(8),
  source: ipv6Field,
  destination: ipv6Field,
});

export const ipv6Codec: LayerCodec<Ipv6> = {
  kind: "ipv6",
  follows: [
    { space: "ip-version", value: version },
    { space: "ether-type", value: etherTypes.numberOf("ipv6") },
    { space: "ipv4-protocol", value: ipProtocols.numberOf("ipv6") },
    { space: "ipv6-next-header", value: ipProtocols.numberOf("ipv6") },
  ],
  parse,
  build: (layer, context) =>
    header.write({
      dscp: 0,
      ecn: 0,
      flowLabel: 0,
      payloadLength: context.body.length,
      hopLimit: 64,
      source: unspecifiedIpv6,
      destination: unspecifiedIpv6,
      ...layer,
      nextHeader: nextHeader(layer, context),
      version,
    }),
};

function parse(bytes: Uint8Array): ParseResult<Ipv6> {
  if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
  const { version: found, ...fields } = header.read(bytes);
  if (found !== version) {
    return { outcome: "malformed", reason: `version ${String(found)} instead of 6` };
  }
  const jumbo = fields.payloadLength === 0 && fields.nextHeader === "ipv6-hop-by-hop";
  return {
    outcome: "parsed",
    layer: { kind: "ipv6", ...fields },
    length: header.size,
    bodyLength: jumbo ? undefined : fields.payloadLength,
    next: nextSelector(fields.nextHeader),
  };
}

/** Where the next header of an IPv6 header or extension header is looked up. */
export function nextSelector(protocol: IpProtocol): { space: string; value: number } {
  return { space: "ipv6-next-header", value: ipProtocols.numberOf(protocol) };
}

/** The next header that a builder writes: the one given, or the number of the layer that follows. */
export function nextHeader(
  layer: { readonly nextHeader?: IpProtocol },
  context: BuildContext,
): IpProtocol {
  return layer.nextHeader ?? context.nextNumber("ipv6-next-header") ?? experimentalProtocol;
}
