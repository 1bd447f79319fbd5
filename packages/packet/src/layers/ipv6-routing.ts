import { type Ipv6Address, ipv6ByteLength, ipv6FromBytes } from "@heddle/contracts";
import type { Draft, LayerCodec, LayerFields } from "../layer.ts";
import { type IpProtocol, ipProtocols } from "../numbers.ts";
import { concatBytes, noBytes, zeroPadding } from "../wire/bytes.ts";
import { counted, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import { nextHeader, nextSelector } from "./ipv6.ts";

/** Names of IPv6 routing types (IANA). */
export type Ipv6RoutingType = "source-route" | "mobility" | "rpl" | "segment-routing";

/** The routing header of IPv6 (RFC 8200 section 4.4). */
export interface Ipv6Routing {
  readonly kind: "ipv6-routing";
  /** What follows; the layer that follows says it when left out. */
  readonly nextHeader: IpProtocol;
  /** Bytes, a multiple of 8. Computed when left out. */
  readonly headerLength: number;
  /** Default `segment-routing` (RFC 8754). */
  readonly routingType: Ipv6RoutingType | number;
  /** Nodes still to be visited. Default 0. */
  readonly segmentsLeft: number;
  /** What follows the first four bytes, as the type defines. Default: zeros as needed. */
  readonly data: Uint8Array;
}

/** A routing header to build or to expect. */
export function ipv6Routing(fields: LayerFields<Ipv6Routing> = {}): Draft<Ipv6Routing> {
  return { ...fields, kind: "ipv6-routing" };
}

const header = layout<Omit<Ipv6Routing, "kind" | "data">>("ipv6-routing", {
  nextHeader: named(8, ipProtocols),
  headerLength: counted(8, 8, 1),
  routingType: named(
    8,
    nameTable({ "source-route": 0, mobility: 2, rpl: 3, "segment-routing": 4 }),
  ),
  segmentsLeft: uint(8),
});

export const ipv6RoutingCodec: LayerCodec<Ipv6Routing> = {
  kind: "ipv6-routing",
  follows: [nextSelector("ipv6-routing")],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    const fields = header.read(bytes);
    const { headerLength } = fields;
    if (bytes.length < headerLength) return { outcome: "cut-short", needs: headerLength };
    return {
      outcome: "parsed",
      layer: { kind: "ipv6-routing", ...fields, data: bytes.subarray(header.size, headerLength) },
      length: headerLength,
      next: nextSelector(fields.nextHeader),
    };
  },
  build(layer, context) {
    const given = layer.data ?? noBytes;
    const data = concatBytes(given, zeroPadding(header.size + given.length, 8));
    const fixed = header.write({
      headerLength: header.size + data.length,
      routingType: "segment-routing",
      segmentsLeft: 0,
      ...layer,
      nextHeader: nextHeader(layer, context),
    });
    return concatBytes(fixed, data);
  },
};

/**
 * Where a packet with this header ends up, which is what the checksums of upper layers cover (RFC 8200
 * section 8.1); undefined when that is the address in the IPv6 header, or the type is not known here.
 */
export function finalDestination(layer: Draft<Ipv6Routing>): Ipv6Address | undefined {
  const { data = noBytes, segmentsLeft = 0 } = layer;
  // Four bytes of the type's own precede the addresses in all these types.
  const addresses = data.subarray(4);
  if (segmentsLeft === 0 || addresses.length < ipv6ByteLength) return undefined;
  switch (layer.routingType) {
    case "source-route":
    case "mobility":
      return ipv6FromBytes(addresses, addresses.length - ipv6ByteLength);
    case "segment-routing":
    case undefined:
      // The list is in reverse (RFC 8754 section 2).
      return ipv6FromBytes(addresses);
    case "rpl":
    default:
      return undefined;
  }
}
