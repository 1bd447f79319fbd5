import { type PayloadCodec, type Scalar, viewOf } from "./payload.ts";

/** A C struct of scalars with the ABI's natural alignment; padding is zero. */
export interface Struct<T> extends PayloadCodec<T> {
  /** Bytes, padding at the end included. */
  readonly size: number;
}

/** The members in the order of the C declaration. */
export type Members<T> = { readonly [K in keyof T]-?: Scalar<T[K]> };

interface Member {
  readonly name: string;
  readonly offset: number;
  readonly scalar: Scalar<unknown>;
}

export function struct<T extends object>(members: Members<T>): Struct<T> {
  const { layout, size } = layOut(Object.entries<Scalar<unknown>>(members));
  return {
    size,
    encode(value, path) {
      const bytes = new Uint8Array(size);
      const view = viewOf(bytes);
      const fields = new Map<string, unknown>(Object.entries(value));
      for (const { name, offset, scalar } of layout) {
        scalar.write(view, offset, fields.get(name), `${path}.${name}`);
      }
      return bytes;
    },
    decode(payload) {
      if (payload.length !== size) return undefined;
      const view = viewOf(payload);
      const value: Record<string, unknown> = {};
      for (const { name, offset, scalar } of layout) value[name] = scalar.read(view, offset);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Members<T>` pairs each name of T with its type
      return value as T;
    },
  };
}

function layOut(members: readonly (readonly [string, Scalar<unknown>])[]): {
  readonly layout: readonly Member[];
  readonly size: number;
} {
  const layout: Member[] = [];
  let end = 0;
  let alignment = 1;
  for (const [name, scalar] of members) {
    const offset = alignUp(end, scalar.size);
    layout.push({ name, offset, scalar });
    end = offset + scalar.size;
    alignment = Math.max(alignment, scalar.size);
  }
  return { layout, size: alignUp(end, alignment) };
}

/** The next multiple of `alignment` from `offset` on. */
export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
