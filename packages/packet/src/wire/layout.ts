import type { Field } from "./field.ts";

/** A header of fixed size as a table of its fields in the order in which they travel. */
export interface Layout<T> {
  /** Bytes. */
  readonly size: number;
  /** Reads the first `size` bytes, which must be there. */
  read(bytes: Uint8Array): T;
  /** @throws {PacketError} `invalid-field` when a field cannot hold its value */
  write(values: T): Uint8Array<ArrayBuffer>;
}

/** The fields of `T`, each with its codec. */
export type Fields<T> = { readonly [Name in keyof T]: Field<T[Name]> };

/**
 * The layout of a header called `name`, which errors mention. The table reads like the RFC's diagram,
 * and one table serves both directions, so that they cannot disagree.
 */
export function layout<T extends object>(name: string, fields: Fields<T>): Layout<T> {
  const table: Placed[] = [];
  let bits = 0;
  const entries: [string, Field<unknown>][] = Object.entries(fields);
  for (const [key, field] of entries) {
    table.push({ key, field, bit: bits, where: `${name}.${key}` });
    bits += field.bits;
  }
  const size = bits / 8;
  return {
    size,
    read(bytes) {
      const values: Record<string, unknown> = {};
      for (const { key, field, bit } of table) values[key] = field.read(bytes, bit);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table has every key of T with its type, which a loop cannot show
      return values as T;
    },
    write(values) {
      const bytes = new Uint8Array(size);
      for (const { key, field, bit, where } of table) {
        field.write(bytes, bit, Reflect.get(values, key), where);
      }
      return bytes;
    },
  };
}

interface Placed {
  readonly key: string;
  readonly field: Field<unknown>;
  readonly bit: number;
  readonly where: string;
}
