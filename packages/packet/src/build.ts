import type { AnyLayer } from "./layer.ts";
import type { PacketDraft } from "./packet.ts";
import { PacketError } from "./packet-error.ts";
import type { Protocols } from "./protocols.ts";
import { standardProtocols } from "./standard-layers.ts";
import { concatBytes, noBytes } from "./wire/bytes.ts";

/**
 * Puts a packet together. Fields that are left out get their default, lengths, checksums and the numbers of
 * following layers the right value; what is given is kept, also where it is wrong.
 *
 * @throws {PacketError} `invalid-field`, `unknown-layer`, `unknown-next-layer`, `checksum-unavailable`
 */
export function buildPacket(
  packet: PacketDraft,
  protocols: Protocols<AnyLayer> = standardProtocols,
): Uint8Array<ArrayBuffer> {
  let bytes = packet.payload ?? noBytes;
  for (let index = packet.layers.length - 1; index >= 0; index--) {
    bytes = concatBytes(buildLayer(packet.layers, index, bytes, protocols), bytes);
  }
  return concatBytes(bytes, packet.trailer ?? noBytes);
}

/** One layer around what follows it, which is already built. */
export function buildLayer(
  layers: readonly AnyLayer[],
  index: number,
  body: Uint8Array,
  protocols: Protocols<AnyLayer>,
): Uint8Array {
  const layer = layers[index];
  if (layer === undefined) return noBytes;
  const codec = protocols.byKind(layer.kind);
  if (codec === undefined) throw unknownLayer(layer);
  return codec.build(layer, {
    body,
    enclosing: layers.slice(0, index),
    nextNumber: (space) => nextNumber(layer, layers[index + 1], space, protocols),
    buildQuoted: (quoted) => buildPacket(quoted, protocols),
  });
}

function nextNumber(
  layer: AnyLayer,
  next: AnyLayer | undefined,
  space: string,
  protocols: Protocols<AnyLayer>,
): number | undefined {
  if (next === undefined) return undefined;
  const selector = protocols.byKind(next.kind)?.follows.find((place) => place.space === space);
  if (selector !== undefined) return selector.value;
  throw new PacketError({
    code: "unknown-next-layer",
    operation: "build",
    subject: layer.kind,
    reason: `${next.kind} follows it, which has no ${space} number`,
    hint: `give the field of ${layer.kind} that says what follows`,
  });
}

function unknownLayer(layer: AnyLayer): PacketError {
  return new PacketError({
    code: "unknown-layer",
    operation: "build",
    subject: layer.kind,
    reason: "there is no codec for such a layer",
    hint: "pass protocols that have one",
  });
}
