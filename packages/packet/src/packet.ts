import type { AnyLayer } from "./layer.ts";
import type { Layer } from "./standard-layers.ts";

/** A parsed packet. Byte fields are views of the bytes that were parsed, which must not change afterwards. */
export interface Packet<L extends AnyLayer = Layer> {
  /** The headers, outermost first. */
  readonly layers: readonly L[];
  /** What follows the last layer: data, or what could not be parsed. */
  readonly payload: Uint8Array;
  /** What follows the end that the headers declare: usually the padding of a short Ethernet frame. */
  readonly trailer: Uint8Array;
  /**
   * Bytes that follow the payload according to the headers or the caller and are not here: not captured, not quoted,
   * or in other fragments. 0 for a whole packet, `Infinity` where nothing says how many.
   */
  readonly missing: number;
  /** Why parsing ended before the payload; absent when all is well. */
  readonly problem?: PacketProblem;
}

/** What is wrong with a packet. Its layers could be read all the same; what could not is its payload. */
export interface PacketProblem {
  /** The kind of layer that could not be read or that announces another body than follows; `packet` before the first. */
  readonly layer: string;
  /** Where that layer begins, in bytes from the beginning of the packet. */
  readonly offset: number;
  readonly reason: string;
}

/** A packet to build or to expect: layers of which fields may be missing, and what follows them. */
export interface PacketDraft {
  readonly layers: readonly AnyLayer[];
  /** Nothing to a builder when left out, anything to an expectation. */
  readonly payload?: Uint8Array;
  /** Bytes outside of every length that is computed. Nothing to a builder when left out, anything to an expectation. */
  readonly trailer?: Uint8Array;
}

/**
 * Layers, outermost first, and the payload, if any. Text is encoded as UTF-8.
 *
 * ```ts
 * packet(ipv4({ source, destination }), udp({ destinationPort: 53 }), "hello")
 * ```
 */
export function packet(
  ...parts: readonly [...layers: AnyLayer[], last: AnyLayer | Uint8Array | string]
): PacketDraft {
  const last = parts.at(-1);
  if (typeof last === "string") return packetOf(parts, new TextEncoder().encode(last));
  return packetOf(parts, last instanceof Uint8Array ? last : undefined);
}

function packetOf(
  parts: readonly (AnyLayer | Uint8Array | string)[],
  payload: Uint8Array | undefined,
): PacketDraft {
  const layers = parts.filter((part) => isLayer(part));
  return payload === undefined ? { layers } : { layers, payload };
}

function isLayer(part: AnyLayer | Uint8Array | string): part is AnyLayer {
  return typeof part === "object" && "kind" in part;
}
