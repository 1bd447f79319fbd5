import type { Draft, LayerCodec, LayerFields } from "../layer.ts";
import { type IpProtocol, ipProtocols } from "../numbers.ts";
import { counted, flag, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nextHeader, nextSelector } from "./ipv6.ts";

/** The fragment header of IPv6 (RFC 8200 section 4.5), 8 bytes. */
export interface Ipv6Fragment {
  readonly kind: "ipv6-fragment";
  /** What the whole packet continues with; the layer that follows says it when left out. */
  readonly nextHeader: IpProtocol;
  /** 8 bits, ignored by receivers. Default 0. */
  readonly reserved: number;
  /** Where this fragment begins in what was fragmented, in bytes, a multiple of 8. Default 0. */
  readonly fragmentOffset: number;
  /** 2 bits, ignored by receivers. Default 0. */
  readonly reservedBits: number;
  /** Default false. */
  readonly moreFragments: boolean;
  /** 32 bits, equal in all fragments of a packet. Default 0. */
  readonly identification: number;
}

/** A fragment header to build or to expect. */
export function ipv6Fragment(fields: LayerFields<Ipv6Fragment> = {}): Draft<Ipv6Fragment> {
  return { ...fields, kind: "ipv6-fragment" };
}

const header = layout<Omit<Ipv6Fragment, "kind">>("ipv6-fragment", {
  nextHeader: named(8, ipProtocols),
  reserved: uint(8),
  fragmentOffset: counted(13, 8),
  reservedBits: uint(2),
  moreFragments: flag,
  identification: uint(32),
});

export const ipv6FragmentCodec: LayerCodec<Ipv6Fragment> = {
  kind: "ipv6-fragment",
  follows: [nextSelector("ipv6-fragment")],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    const fields = header.read(bytes);
    return {
      outcome: "parsed",
      layer: { kind: "ipv6-fragment", ...fields },
      length: header.size,
      firstFragment: fields.moreFragments && fields.fragmentOffset === 0,
      // Only the first fragment has the next header.
      next: fields.fragmentOffset === 0 ? nextSelector(fields.nextHeader) : undefined,
    };
  },
  build: (layer, context) =>
    header.write({
      reserved: 0,
      fragmentOffset: 0,
      reservedBits: 0,
      moreFragments: false,
      identification: 0,
      ...layer,
      nextHeader: nextHeader(layer, context),
    }),
};
