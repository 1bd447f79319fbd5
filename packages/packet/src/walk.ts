import type { AnyLayer, LayerCodec, ParseContext, ParsedLayer, ParseResult } from "./layer.ts";
import type { Packet, PacketProblem } from "./packet.ts";
import type { Protocols } from "./protocols.ts";

/** Bytes that belong together. */
interface Window {
  readonly start: number;
  /** Where they end, as far as they are here. */
  readonly end: number;
  /** Where they would end were all of them here; `Infinity` if unknown. */
  readonly fullEnd: number;
}

/** A parsed layer and where it lies. */
export interface LocatedLayer<L extends AnyLayer> {
  readonly layer: L;
  readonly codec: LayerCodec<L>;
  readonly start: number;
  /** What it carries. */
  readonly body: Window;
}

/** A parsed packet with the place of each layer. */
interface Walk<L extends AnyLayer> {
  readonly located: readonly LocatedLayer<L>[];
  readonly packet: Packet<L>;
}

/** What parsing is told beside the bytes. */
interface WalkOptions<L extends AnyLayer> {
  /** The codec of the first layer. */
  readonly first: LayerCodec<L>;
  /** Bytes of the packet were all of it here; `Infinity` if unknown. */
  readonly fullLength: number;
  readonly protocols: Protocols<L>;
  readonly parseQuoted: ParseContext["parseQuoted"];
}

/** Parses layer after layer until payload or a problem is reached. */
export function walkLayers<L extends AnyLayer>(
  bytes: Uint8Array,
  options: WalkOptions<L>,
): Walk<L> {
  const { protocols, parseQuoted } = options;
  const located: LocatedLayer<L>[] = [];
  const layers: L[] = [];
  let window: Window = { start: 0, end: bytes.length, fullEnd: options.fullLength };
  let codec: LayerCodec<L> | undefined = options.first;
  let problem: PacketProblem | undefined;
  while (codec !== undefined) {
    const { start, end, fullEnd } = window;
    const context = { enclosing: layers, truncated: fullEnd > end, parseQuoted };
    const result = codec.parse(bytes.subarray(start, end), context);
    const reason = problemOf(result, window);
    if (reason !== undefined) problem = { layer: codec.kind, offset: start, reason };
    if (result.outcome === "parsed") {
      window = inside(result, window, reason !== undefined);
      located.push({ layer: result.layer, codec, start, body: window });
      layers.push(result.layer);
    }
    codec = reason === undefined ? codecAfter(result, protocols) : undefined;
  }
  return { located, packet: packetOf(bytes, layers, window, problem) };
}

function problemOf(result: ParseResult<AnyLayer>, around: Window): string | undefined {
  if (result.outcome === "malformed") return result.reason;
  if (result.outcome === "cut-short") {
    if (around.fullEnd > around.end) return undefined;
    const there = around.end - around.start;
    return `it needs ${String(result.needs)} bytes, ${String(there)} are there`;
  }
  if (result.problem !== undefined || result.bodyLength === undefined) return result.problem;
  const follow = around.fullEnd - around.start - result.length;
  if (result.bodyLength <= follow) return undefined;
  return `${String(result.bodyLength)} bytes should follow, ${String(follow)} do`;
}

function codecAfter<L extends AnyLayer>(
  result: ParseResult<L>,
  protocols: Protocols<L>,
): LayerCodec<L> | undefined {
  if (result.outcome === "parsed") return result.next && protocols.bySelector(result.next);
  if (result.outcome === "malformed" || result.fallback === undefined) return undefined;
  return protocols.byKind(result.fallback);
}

/** What the layer carries; all that follows it when what it says of that cannot be trusted. */
function inside(parsed: ParsedLayer<AnyLayer>, around: Window, untrusted: boolean): Window {
  const start = around.start + parsed.length;
  if (untrusted) return { ...around, start };
  const { bodyLength, firstFragment = false } = parsed;
  const bodyEnd = bodyLength === undefined ? around.fullEnd : start + bodyLength;
  const fullEnd = firstFragment ? Number.POSITIVE_INFINITY : bodyEnd;
  return { start, end: Math.min(around.end, bodyEnd), fullEnd };
}

function packetOf<L extends AnyLayer>(
  bytes: Uint8Array,
  layers: readonly L[],
  { start, end, fullEnd }: Window,
  problem: PacketProblem | undefined,
): Packet<L> {
  return {
    layers,
    payload: bytes.subarray(start, end),
    trailer: bytes.subarray(end),
    missing: fullEnd - end,
    ...(problem === undefined ? {} : { problem }),
  };
}
