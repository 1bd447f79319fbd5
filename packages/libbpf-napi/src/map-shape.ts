import type { Codec } from "./codec.ts";
import { spacedArray } from "./codecs.ts";
import { BpfError } from "./errors.ts";
import type { PerCpuMapSpec } from "./spec.ts";

/** A map as its spec names it, with as many entries as it has. */
export interface MapShape<K, V> {
  readonly name: string;
  /** As bpftool prints it. */
  readonly type: string;
  readonly maxEntries: number;
  readonly key: Codec<K>;
  /** Of a per-CPU map, of all CPUs. */
  readonly value: Codec<V>;
}

/** Bytes at which each CPU's value begins: `round_up(value_size, 8)` in the kernel. */
export const perCpuAlignment = 8;

/** The values of all CPUs, as the kernel copies them. */
export function perCpuCodec<V>(
  spec: Pick<PerCpuMapSpec<unknown, V>, "value">,
  cpus: number,
): Codec<readonly V[]> {
  const stride = Math.ceil(spec.value.size / perCpuAlignment) * perCpuAlignment;
  return spacedArray(spec.value, cpus, stride);
}

/**
 * The values after one another, as new bytes; an error of the codec names the map and which half of
 * the entry it was.
 */
export function encodeParts<T>(
  map: string,
  part: "key" | "value",
  codec: Codec<T>,
  values: readonly T[],
): Bytes {
  const target = new Uint8Array(codec.size * values.length);
  const view = new DataView(target.buffer);
  try {
    for (const [index, value] of values.entries()) codec.encode(value, view, index * codec.size);
  } catch (cause) {
    throw new BpfError({
      code: "invalid-argument",
      operation: `encode ${part} for`,
      subject: `map ${map}`,
      reason: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  return target;
}

/** Bytes with a buffer of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The value at `index` of values that follow one another. */
export function decodeAt<T>(codec: Codec<T>, bytes: Uint8Array, index: number): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset + index * codec.size, codec.size);
  return codec.decode(view, 0);
}
