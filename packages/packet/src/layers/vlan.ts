import type { Draft, LayerCodec, LayerFields } from "../layer.ts";
import { type EtherType, etherTypes, experimentalEtherType } from "../numbers.ts";
import { flag, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";

/**
 * A VLAN tag (IEEE 802.1Q, 4 bytes). Its own EtherType, which tells a customer tag (`vlan`) from a service tag
 * (`service-vlan`, 802.1ad), is the preceding header's; builders write `vlan` unless told otherwise.
 */
export interface Vlan {
  readonly kind: "vlan";
  /** Priority code point, 0 to 7. Default 0. */
  readonly priority: number;
  /** Default false. */
  readonly dropEligible: boolean;
  /** 0 to 4095; 0 means that only the priority is meant. Default 0. */
  readonly vlanId: number;
  /** What follows. */
  readonly etherType: EtherType;
}

/** A VLAN tag to build or to expect. */
export function vlan(fields: LayerFields<Vlan> = {}): Draft<Vlan> {
  return { ...fields, kind: "vlan" };
}

const header = layout<Omit<Vlan, "kind">>("vlan", {
  priority: uint(3),
  dropEligible: flag,
  vlanId: uint(12),
  etherType: named(16, etherTypes),
});

export const vlanCodec: LayerCodec<Vlan> = {
  kind: "vlan",
  follows: [
    { space: "ether-type", value: etherTypes.numberOf("vlan") },
    { space: "ether-type", value: etherTypes.numberOf("service-vlan") },
  ],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    const fields = header.read(bytes);
    return {
      outcome: "parsed",
      layer: { kind: "vlan", ...fields },
      length: header.size,
      next: { space: "ether-type", value: etherTypes.numberOf(fields.etherType) },
    };
  },
  build: (layer, context) =>
    header.write({
      priority: 0,
      dropEligible: false,
      vlanId: 0,
      ...layer,
      etherType: layer.etherType ?? context.nextNumber("ether-type") ?? experimentalEtherType,
    }),
};
