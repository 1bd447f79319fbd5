import { buildLayer, buildPacket } from "./build.ts";
import type { AnyLayer, ChecksumRule, ParseContext } from "./layer.ts";
import type { Packet } from "./packet.ts";
import { parseQuoted } from "./parse.ts";
import type { Protocols } from "./protocols.ts";
import { isWholeDatagram } from "./pseudo-header.ts";
import { standardProtocols } from "./standard-layers.ts";
import { concatBytes } from "./wire/bytes.ts";
import { type LocatedLayer, walkLayers } from "./walk.ts";

/**
 * What is known of a checksum: `absent` when the sender computed none, `incomplete` when it covers more than is
 * there (a fragment, or a packet of which a part was captured), or the packet was not segmented yet.
 */
export type ChecksumVerdict = "correct" | "wrong" | "absent" | "incomplete";

/** The checksum of one layer. */
export interface ChecksumReport {
  /** The layer's place among the packet's layers. */
  readonly index: number;
  readonly kind: string;
  readonly verdict: ChecksumVerdict;
  readonly found: number;
  /** What it should be; only of a checksum that is correct or wrong. */
  readonly computed?: number;
}

/** Checks every checksum of a parsed packet, outermost layer first. Quoted packets are not looked into. */
export function verifyChecksums(
  packet: Packet<AnyLayer>,
  protocols: Protocols<AnyLayer> = standardProtocols,
): readonly ChecksumReport[] {
  const kind = packet.layers[0]?.kind;
  const first = kind === undefined ? undefined : protocols.byKind(kind);
  if (first === undefined) return [];
  const bytes = buildPacket(packet, protocols);
  // The headers alone say what should be there: by how much the outer ones were cut, the packet does not tell.
  const fullLength = Number.POSITIVE_INFINITY;
  const { located } = walkLayers(bytes, { first, fullLength, protocols, parseQuoted });
  const places = located.slice(0, packet.layers.length);
  return places.flatMap((place, index): ChecksumReport[] => {
    const rule = place.codec.checksum;
    const found = checksumOf(place.layer);
    if (rule === undefined || found === undefined) return [];
    const report = { index, kind: place.layer.kind, found };
    if (rule.optional && found === 0) return [{ ...report, verdict: "absent" }];
    const enclosing = packet.layers.slice(0, index);
    if (rule.covers === "datagram" && !isWhole(place, enclosing, packet)) {
      return [{ ...report, verdict: "incomplete" }];
    }
    const body = bytes.subarray(place.body.start, place.body.end);
    const computed = computeChecksum(place, packet.layers, index, body, protocols);
    const verdict = same(found, computed, rule) ? "correct" : "wrong";
    return [{ ...report, verdict, computed }];
  });
}

/** Whether all is here that the layer's checksum covers. */
function isWhole(
  { start, body }: LocatedLayer<AnyLayer>,
  enclosing: readonly AnyLayer[],
  packet: Packet<AnyLayer>,
): boolean {
  const missing = Number.isFinite(body.fullEnd) ? body.fullEnd - body.end : packet.missing;
  return missing === 0 && isWholeDatagram(enclosing, body.end - start);
}

/** The checksum that the builder writes when it is left out. */
function computeChecksum(
  { codec, layer }: LocatedLayer<AnyLayer>,
  layers: readonly AnyLayer[],
  index: number,
  body: Uint8Array,
  protocols: Protocols<AnyLayer>,
): number {
  const enclosing = layers.slice(0, index);
  const header = buildLayer([...enclosing, withoutChecksum(layer)], index, body, protocols);
  const context: ParseContext = { enclosing, truncated: false, parseQuoted };
  const rebuilt = codec.parse(concatBytes(header, body), context);
  return (rebuilt.outcome === "parsed" ? checksumOf(rebuilt.layer) : undefined) ?? 0;
}

function checksumOf(layer: AnyLayer): number | undefined {
  return "checksum" in layer && typeof layer.checksum === "number" ? layer.checksum : undefined;
}

function withoutChecksum(layer: AnyLayer & { readonly checksum?: unknown }): AnyLayer {
  const { checksum: _left, ...rest } = layer;
  return rest;
}

/** In one's complement, all zeros and all ones are the same number (RFC 1071 section 2). */
function same(found: number, computed: number, rule: ChecksumRule): boolean {
  if (rule.algorithm === "internet") return found % 0xffff === computed % 0xffff;
  return found === computed;
}
