import { type MacAddress, parseMac } from "@heddle/contracts";
import type { Draft, LayerCodec, LayerFields } from "../layer.ts";
import { type EtherType, etherTypes, experimentalEtherType } from "../numbers.ts";
import { macField, named } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";

/** An Ethernet II header (IEEE 802.3), without the frame check sequence. 14 bytes. */
export interface Ethernet {
  readonly kind: "ethernet";
  /** Default `00:00:00:00:00:00`. */
  readonly destination: MacAddress;
  /** Default `00:00:00:00:00:00`. */
  readonly source: MacAddress;
  /** What follows. A number below 1536 is the length of an IEEE 802.3 frame, whose content stays payload. */
  readonly etherType: EtherType;
}

/** An Ethernet II header to build or to expect. */
export function ethernet(fields: LayerFields<Ethernet> = {}): Draft<Ethernet> {
  return { ...fields, kind: "ethernet" };
}

const header = layout<Omit<Ethernet, "kind">>("ethernet", {
  destination: macField,
  source: macField,
  etherType: named(16, etherTypes),
});

/** The address that stands for none. */
export const zeroMac: MacAddress = parseMac("00:00:00:00:00:00");

export const ethernetCodec: LayerCodec<Ethernet> = {
  kind: "ethernet",
  follows: [
    { space: "link-type", value: 1 },
    { space: "ether-type", value: etherTypes.numberOf("transparent-ethernet-bridging") },
  ],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    const fields = header.read(bytes);
    return {
      outcome: "parsed",
      layer: { kind: "ethernet", ...fields },
      length: header.size,
      next: { space: "ether-type", value: etherTypes.numberOf(fields.etherType) },
    };
  },
  build: (layer, context) =>
    header.write({
      destination: zeroMac,
      source: zeroMac,
      ...layer,
      etherType: layer.etherType ?? context.nextNumber("ether-type") ?? experimentalEtherType,
    }),
};
