import type { Draft, LayerCodec, LayerFields } from "../layer.ts";
import { uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";

/**
 * The ports at the beginning of a TCP, UDP or SCTP header that was cut short by a capture or a quotation (RFC 792
 * lets a router quote eight bytes). The IP header says which of them it was; what else was captured of it is payload.
 */
export interface Ports {
  readonly kind: "ports";
  /** 0 to 65535. Default 0. */
  readonly sourcePort: number;
  /** 0 to 65535. Default 0. */
  readonly destinationPort: number;
}

/** The beginning of a transport header to build or to expect. */
export function ports(fields: LayerFields<Ports> = {}): Draft<Ports> {
  return { ...fields, kind: "ports" };
}

const header = layout<Omit<Ports, "kind">>("ports", {
  sourcePort: uint(16),
  destinationPort: uint(16),
});

export const portsCodec: LayerCodec<Ports> = {
  kind: "ports",
  follows: [],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    return {
      outcome: "parsed",
      layer: { kind: "ports", ...header.read(bytes) },
      length: header.size,
    };
  },
  build: (layer) => header.write({ sourcePort: 0, destinationPort: 0, ...layer }),
};
