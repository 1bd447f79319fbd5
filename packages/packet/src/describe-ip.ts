import { describeIcmp, describeIcmpv6 } from "./describe-icmp.ts";
import { isLayer, type LayerOfKind } from "./find-layer.ts";
import type { AnyLayer } from "./layer.ts";
import type { IpProtocol } from "./numbers.ts";
import type { Packet } from "./packet.ts";
import { describeLength, words } from "./words.ts";

type IpLayer = LayerOfKind<"ipv4" | "ipv6">;
type ExtensionLayer = LayerOfKind<
  "ipv6-hop-by-hop" | "ipv6-routing" | "ipv6-fragment" | "ipv6-destination-options" | "ah"
>;

/** A header or message above IP in words. */
interface Upper {
  readonly text: string;
  readonly ports?: { readonly sourcePort: number; readonly destinationPort: number };
}

/**
 * The IP header at `index` with its extensions and what it transports: `10.0.1.5:34512 > 10.0.2.7:80 TCP SYN`.
 * `next` is the first layer that this does not cover.
 */
export function describeIp(
  packet: Packet<AnyLayer>,
  index: number,
  ip: IpLayer,
  describeQuoted: (quoted: Packet) => string,
): { readonly text: string; readonly next: number } {
  const after = packet.layers.slice(index + 1);
  const count = after.findIndex((layer) => !isExtension(layer));
  const extensions = (count < 0 ? after : after.slice(0, count)).filter(isExtension);
  const place = index + 1 + extensions.length;
  const carried = packet.layers[place];
  const upper =
    carried === undefined
      ? { text: protocolName(announced(ip, extensions)) }
      : describeUpper(carried, announced(ip, extensions), describeQuoted);
  const next = upper === undefined ? place : place + 1;
  const source = endpoint(ip.source, upper?.ports?.sourcePort);
  const destination = endpoint(ip.destination, upper?.ports?.destinationPort);
  const text = upper === undefined ? "" : ` ${upper.text}`;
  const length = next < packet.layers.length ? "" : describeLength(packet);
  return { text: `${source} > ${destination}${text}${length}${fragment(ip, extensions)}`, next };
}

/** What is above IP; undefined for a tunnel, which speaks for itself. */
function describeUpper(
  layer: AnyLayer,
  protocol: IpProtocol,
  describeQuoted: (quoted: Packet) => string,
): Upper | undefined {
  if (isLayer(layer, "tcp")) {
    const flags = layer.flags.length === 0 ? "no flags" : layer.flags.join(" ").toUpperCase();
    return { text: `TCP ${flags}`, ports: layer };
  }
  if (isLayer(layer, "udp")) return { text: "UDP", ports: layer };
  if (isLayer(layer, "sctp")) {
    const chunks = layer.chunks.map(({ type }) => words(type).toUpperCase());
    return { text: ["SCTP", ...chunks].join(" "), ports: layer };
  }
  if (isLayer(layer, "ports")) {
    return { text: `${protocolName(protocol)} cut short`, ports: layer };
  }
  if (isLayer(layer, "icmp")) return { text: `ICMP ${describeIcmp(layer, describeQuoted)}` };
  if (isLayer(layer, "icmpv6")) return { text: `ICMPv6 ${describeIcmpv6(layer, describeQuoted)}` };
  if (isLayer(layer, "esp")) return { text: `ESP spi 0x${layer.spi.toString(16)}` };
  return undefined;
}

function isExtension(layer: AnyLayer): layer is ExtensionLayer {
  return (
    isLayer(layer, "ipv6-hop-by-hop") ||
    isLayer(layer, "ipv6-routing") ||
    isLayer(layer, "ipv6-fragment") ||
    isLayer(layer, "ipv6-destination-options") ||
    isLayer(layer, "ah")
  );
}

/** The protocol that the last of these headers announces. */
function announced(ip: IpLayer, extensions: readonly ExtensionLayer[]): IpProtocol {
  return extensions.at(-1)?.nextHeader ?? (ip.kind === "ipv4" ? ip.protocol : ip.nextHeader);
}

function protocolName(protocol: IpProtocol): string {
  return typeof protocol === "number"
    ? `protocol ${String(protocol)}`
    : words(protocol).toUpperCase();
}

function endpoint(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return `${address.includes(":") ? `[${address}]` : address}:${String(port)}`;
}

function fragment(ip: IpLayer, extensions: readonly ExtensionLayer[]): string {
  const header =
    ip.kind === "ipv4" ? ip : extensions.find((layer) => isLayer(layer, "ipv6-fragment"));
  if (header === undefined || (!header.moreFragments && header.fragmentOffset === 0)) return "";
  return ` fragment at ${String(header.fragmentOffset)}`;
}
