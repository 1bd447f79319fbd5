import type { Draft, LayerCodec, LayerFields } from "../layer.ts";
import { ipProtocols } from "../numbers.ts";
import { uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nextSelector } from "./ipv6.ts";

/** The readable beginning of an encapsulating security payload (RFC 4303), 8 bytes; the rest is payload. */
export interface Esp {
  readonly kind: "esp";
  /** Security parameters index, 32 bits. Default 0. */
  readonly spi: number;
  /** 32 bits. Default 0. */
  readonly sequenceNumber: number;
}

/** The beginning of an encapsulating security payload to build or to expect. */
export function esp(fields: LayerFields<Esp> = {}): Draft<Esp> {
  return { ...fields, kind: "esp" };
}

const header = layout<Omit<Esp, "kind">>("esp", { spi: uint(32), sequenceNumber: uint(32) });

export const espCodec: LayerCodec<Esp> = {
  kind: "esp",
  follows: [{ space: "ipv4-protocol", value: ipProtocols.numberOf("esp") }, nextSelector("esp")],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    return {
      outcome: "parsed",
      layer: { kind: "esp", ...header.read(bytes) },
      length: header.size,
    };
  },
  build: (layer) => header.write({ spi: 0, sequenceNumber: 0, ...layer }),
};
