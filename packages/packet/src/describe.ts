import { describeIp } from "./describe-ip.ts";
import { isLayer } from "./find-layer.ts";
import type { AnyLayer } from "./layer.ts";
import type { Arp } from "./layers/arp.ts";
import type { EtherType } from "./numbers.ts";
import type { Packet } from "./packet.ts";
import type { Protocols } from "./protocols.ts";
import { standardProtocols } from "./standard-layers.ts";
import { describeLength, words } from "./words.ts";

/**
 * The packet in one line for people: `10.0.1.5:34512 > 10.0.2.7:80 TCP SYN`. Tunnels read from the outside in,
 * parted by ` / `. The wording may change between releases.
 */
export function describePacket(
  packet: Packet<AnyLayer>,
  protocols: Protocols<AnyLayer> = standardProtocols,
): string {
  const { layers, payload, problem } = packet;
  const parts: string[] = [];
  for (let index = 0; index < layers.length;) {
    const { text, next } = describeAt(packet, index, protocols);
    if (text !== "") parts.push(text);
    index = next;
  }
  if (layers.length === 0) parts.push(`${String(payload.length)} bytes`);
  const suffix = problem === undefined ? "" : ` (malformed ${problem.layer}: ${problem.reason})`;
  return `${parts.join(" / ")}${suffix}`;
}

interface Part {
  readonly text: string;
  /** The first layer that the text does not cover. */
  readonly next: number;
}

function describeAt(packet: Packet<AnyLayer>, index: number, protocols: Protocols<AnyLayer>): Part {
  const layer = packet.layers[index];
  const next = index + 1;
  if (isLayer(layer, "ipv4") || isLayer(layer, "ipv6")) {
    return describeIp(packet, index, layer, (quoted) => describePacket(quoted));
  }
  if (isLayer(layer, "arp")) return { text: describeArp(layer), next };
  if (isLayer(layer, "vlan")) {
    return { text: `VLAN ${String(layer.vlanId)}${describeRest(packet, index, layer)}`, next };
  }
  if (isLayer(layer, "ethernet")) {
    // Around IP and ARP the frame's addresses are noise.
    if (packet.layers.slice(next).some(({ kind }) => kind !== "vlan")) return { text: "", next };
    const rest = describeRest(packet, index, layer);
    return { text: `${layer.source} > ${layer.destination}${rest}`, next };
  }
  if (layer === undefined) return { text: "", next };
  return { text: protocols.byKind(layer.kind)?.describe?.(layer) ?? layer.kind, next };
}

/** What a frame carries, when that is no layer. */
function describeRest(
  packet: Packet<AnyLayer>,
  index: number,
  { etherType }: { readonly etherType: EtherType },
): string {
  if (index + 1 < packet.layers.length) return "";
  const type = typeof etherType === "number" ? `0x${etherType.toString(16)}` : words(etherType);
  return ` ${type}${describeLength(packet)}`;
}

function describeArp(message: Arp): string {
  const { operation, senderIp, senderMac, targetIp } = message;
  if (operation === "request") return `ARP who has ${targetIp}, tell ${senderIp}`;
  if (operation === "reply") return `ARP ${senderIp} is at ${senderMac}`;
  return `ARP operation ${String(operation)}`;
}
