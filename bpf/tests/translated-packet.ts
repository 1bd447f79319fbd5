import type { IpAddress } from "@heddle/contracts";
import { reverseTuple, type Tracked, type Tuple } from "@heddle/conntrack";
import { isLayer, type Packet, verifyChecksums } from "@heddle/packet";

type AnyLayer = Packet["layers"][number];

/** An end of a packet, and what it has now. */
interface NewEnd {
  readonly end: "source" | "destination";
  readonly address: IpAddress;
  readonly port: number;
}

/** What a packet of a translated connection gets; undefined when it keeps what it has. */
function newEndOf({ direction, original, reply }: Tracked): NewEnd | undefined {
  const plain = reverseTuple(reply);
  if (plain.source === original.source && plain.sourcePort === original.sourcePort) {
    return undefined;
  }
  return direction === "original"
    ? { end: "source", address: plain.source, port: plain.sourcePort }
    : { end: "destination", address: original.source, port: original.sourcePort };
}

/** The packet as it should leave, checksums apart, which are 0 throughout. */
export function translatedPacket(packet: Packet, outcome: Tracked): unknown {
  const end = newEndOf(outcome);
  if (end === undefined) return withoutChecksums(packet);
  return withoutChecksums({
    ...packet,
    layers: newLayers(packet.layers, end, outcome.original.protocol),
  });
}

function newLayers(
  layers: readonly AnyLayer[],
  end: NewEnd,
  protocol: Tuple["protocol"],
): readonly AnyLayer[] {
  const port = end.end === "source" ? "sourcePort" : "destinationPort";
  return layers.map((layer): AnyLayer => {
    if (isLayer(layer, "ipv4") || isLayer(layer, "ipv6")) {
      return Object.assign({}, layer, { [end.end]: end.address });
    }
    if (isLayer(layer, "tcp") || isLayer(layer, "udp") || isLayer(layer, "ports")) {
      const keeps = protocol !== "tcp" && protocol !== "udp";
      return keeps ? layer : Object.assign({}, layer, { [port]: end.port });
    }
    if ("identifier" in layer && (isLayer(layer, "icmp") || isLayer(layer, "icmpv6"))) {
      return Object.assign({}, layer, { identifier: end.port });
    }
    const quoted = quotedBy(layer);
    if (quoted === undefined) return layer;
    const other: NewEnd = { ...end, end: end.end === "source" ? "destination" : "source" };
    const changed = { ...quoted, layers: newLayers(quoted.layers, other, protocol) };
    return Object.assign({}, layer, { quoted: changed });
  });
}

/** The packet that an ICMP error quotes. */
function quotedBy(layer: AnyLayer): Packet | undefined {
  if (!isLayer(layer, "icmp") && !isLayer(layer, "icmpv6")) return undefined;
  return "quoted" in layer ? layer.quoted : undefined;
}

/** The packet with checksums of 0, and without bytes that nothing names. */
export function withoutChecksums(packet: Packet): unknown {
  const layers = packet.layers.map((layer) => {
    const quoted = quotedBy(layer);
    return {
      ...layer,
      ...("checksum" in layer ? { checksum: 0 } : {}),
      ...(quoted === undefined ? {} : { quoted: withoutChecksums(quoted) }),
    };
  });
  return { ...packet, layers };
}

/** What is known of each checksum, those of quoted packets included. */
export function verdictsOf(packet: Packet): readonly string[] {
  const verdicts = verifyChecksums(packet).map(({ kind, verdict }) => `${kind} ${verdict}`);
  for (const layer of packet.layers) {
    const quoted = quotedBy(layer);
    if (quoted !== undefined) verdicts.push(...verdictsOf(quoted));
  }
  return verdicts;
}
