import type { AnyLayer, LayerCodec, Selector } from "./layer.ts";

/** The codecs that parse and build packets, found by what they are and by where they appear. */
export interface Protocols<L extends AnyLayer> {
  byKind(kind: string): LayerCodec<L> | undefined;
  bySelector(selector: Selector): LayerCodec<L> | undefined;
}

/**
 * Puts codecs together. Of two codecs of one kind or with one selector the later one counts, so that
 * `createProtocols<Layer | Geneve>([...standardCodecs, geneveCodec])` extends or replaces the standard layers.
 */
export function createProtocols<L extends AnyLayer>(
  codecs: readonly LayerCodec<L>[],
): Protocols<L> {
  const kinds = new Map<string, LayerCodec<L>>();
  const spaces = new Map<string, Map<number, LayerCodec<L>>>();
  for (const codec of codecs) {
    kinds.set(codec.kind, codec);
    for (const { space, value } of codec.follows) {
      const numbers = spaces.get(space) ?? new Map<number, LayerCodec<L>>();
      spaces.set(space, numbers.set(value, codec));
    }
  }
  return {
    byKind: (kind) => kinds.get(kind),
    bySelector: ({ space, value }) => spaces.get(space)?.get(value),
  };
}
