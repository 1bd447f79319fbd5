import type { AnyLayer } from "./layer.ts";
import type { Packet } from "./packet.ts";
import type { Layer } from "./standard-layers.ts";

/** The standard layer of a kind. */
export type LayerOfKind<Kind extends Layer["kind"]> = Extract<Layer, { readonly kind: Kind }>;

/** Whether the layer is of the kind; narrows its type. */
export function isLayer<Kind extends Layer["kind"]>(
  layer: AnyLayer | undefined,
  kind: Kind,
): layer is LayerOfKind<Kind> {
  return layer?.kind === kind;
}

/** The packet's outermost layer of the kind: `findLayer(packet, "tcp")?.flags`. */
export function findLayer<Kind extends Layer["kind"]>(
  packet: Packet<AnyLayer>,
  kind: Kind,
): LayerOfKind<Kind> | undefined {
  return packet.layers.find((layer) => isLayer(layer, kind));
}
