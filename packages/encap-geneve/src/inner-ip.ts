import type { AnyLayer, LayerOfKind } from "@heddle/packet";

/** The header that a frame carries, or a packet begins with, of either version. */
export type IpHeader = LayerOfKind<"ipv4" | "ipv6">;

/** The outermost IP header of these layers; undefined for what is not IP. */
export function innerIp(layers: readonly AnyLayer[]): IpHeader | undefined {
  return layers.find(isIpHeader);
}

export function isIpHeader(layer: AnyLayer): layer is IpHeader {
  return layer.kind === "ipv4" || layer.kind === "ipv6";
}
