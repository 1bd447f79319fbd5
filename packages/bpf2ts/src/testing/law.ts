import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { type Codec, decodeFromBytes, encodeToBytes, type Layout } from "libbpf-napi";

/** The codec of a struct and the layout that it follows. */
export interface LaidOutCodec {
  /** The name that both begin with: `flowKey`. */
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly layout: Layout;
}

/**
 * The struct codecs that a generated module exports, each with its layout.
 *
 * @throws {TypeError} when a codec has no layout
 */
export function codecsOf(module: Readonly<Record<string, unknown>>): readonly LaidOutCodec[] {
  return Object.entries(module).flatMap(([key, codec]) => {
    if (!key.endsWith("Codec") || !isCodec(codec)) return [];
    const name = key.slice(0, -"Codec".length);
    const layout = module[`${name}Layout`];
    if (!isLayout(layout)) throw new TypeError(`${key} has no ${name}Layout beside it`);
    return [{ name, codec, layout }];
  });
}

/**
 * Whether `decode(encode(x))` is `x` for examples of `values`, and the codec as large as its layout: undefined
 * when all is well, else what is wrong with the smallest counterexample.
 */
export function lawViolation(
  { codec, layout }: LaidOutCodec,
  values: fc.Arbitrary<unknown>,
): string | undefined {
  if (codec.size !== layout.size) {
    return `the codec has ${String(codec.size)} bytes, its layout ${String(layout.size)}`;
  }
  const law = fc.property(values, (value) =>
    isDeepStrictEqual(decodeFromBytes(codec, encodeToBytes(codec, value)), value),
  );
  return fc.defaultReportMessage(fc.check(law));
}

/** Whether a value has the methods of a codec. */
export function isCodec(value: unknown): value is Codec<unknown> {
  return typeof value === "object" && value !== null && "encode" in value && "decode" in value;
}

function isLayout(value: unknown): value is Layout {
  return typeof value === "object" && value !== null && "kind" in value && "size" in value;
}
