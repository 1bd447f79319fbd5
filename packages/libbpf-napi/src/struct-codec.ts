import type { Codec } from "./codec.ts";

/**
 * A C struct of fields that follow one another without a gap: one of 4 bytes lies at a multiple of 4, and what
 * would be padding is a field too. For others there are {@link codecOfLayout} and what bpfgen generates.
 *
 * ```ts
 * const opened = structOf({ process: u32, flags: u32, name: text(16) });
 * ```
 *
 * @param fields in the order of the C struct
 */
export function structOf<T extends object>(fields: {
  readonly [Name in keyof T]: Codec<T[Name]>;
}): Codec<T> {
  const names = Object.keys(fields).filter((name): name is keyof T & string => name in fields);
  const offsets = new Map<keyof T, number>();
  let size = 0;
  for (const name of names) {
    offsets.set(name, size);
    size += fields[name].size;
  }
  const isWhole = (value: Partial<T>): value is T => names.every((name) => name in value);
  return {
    size,
    encode(value, target, offset) {
      for (const [name, at] of offsets) fields[name].encode(value[name], target, offset + at);
    },
    decode(source, offset) {
      const value: Partial<T> = {};
      for (const [name, at] of offsets) value[name] = fields[name].decode(source, offset + at);
      if (!isWhole(value)) throw new Error("a field of the struct was not decoded");
      return value;
    },
  };
}
