import { RtnetlinkError } from "../rtnetlink-error.ts";
import { type PayloadCodec, littleEndian, viewOf } from "./payload.ts";
import { alignUp } from "./struct.ts";

/**
 * Attributes that have no name here, or whose payload has another shape than expected, under `#` and the
 * type's number: `#57`; a repetition is `#57/2`. They are written back as they were.
 */
export interface UnknownAttributes {
  readonly [unknown: `#${string}`]: Uint8Array;
}

/** Each name of T with the attribute's type number, `NLA_F_NESTED` included where the kernel sets it, and codec. */
export type AttributeTable<T> = {
  readonly [K in keyof T as K extends `#${string}` ? never : K]-?: readonly [
    type: number,
    codec: PayloadCodec<Exclude<T[K], undefined>>,
  ];
};

/**
 * A level of attributes as an object.
 *
 * Decoding makes its properties in the order of the wire, and encoding writes them in the order of the object, so
 * that what was decoded is encoded to the same bytes.
 */
export interface AttributesCodec<T> extends PayloadCodec<T>, AttributeNames {
  /** @throws {RtnetlinkError} `malformed` where a length contradicts the bytes */
  decode(bytes: Uint8Array): T;
  nameAt(bytes: Uint8Array, offset: number): string | undefined;
}

/** The names of attributes, for messages to people. */
export interface AttributeNames {
  /** The path of the attribute at `offset`. */
  nameAt(bytes: Uint8Array, offset: number): string | undefined;
  /** The name of the attribute with this number. */
  nameOf(type: number): string | undefined;
}

/** Marks an attribute that holds attributes. Newer parts of the kernel set it, older ones do not. */
export const nestedFlag = 0x8000;
const typeMask = 0x3fff;

const headerSize = 4;
const alignment = 4;

interface RawAttribute {
  readonly type: number;
  readonly payload: Uint8Array;
  /** Where the attribute's header begins. */
  readonly offset: number;
}

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly codec: PayloadCodec<unknown>;
}

export function attributes<T extends object>(table: AttributeTable<T>): AttributesCodec<T> {
  const entries = Object.entries<readonly [number, PayloadCodec<unknown>]>(table).map(
    ([name, [type, codec]]): Entry => ({ name, type, codec }),
  );
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const byType = new Map(entries.map((entry) => [entry.type & typeMask, entry]));

  return {
    encode(values, path) {
      const parts: Uint8Array[] = [];
      const properties: [string, unknown][] = Object.entries(values);
      for (const [name, value] of properties) {
        if (value === undefined) continue;
        const { type, codec } = byName.get(name) ?? unknownEntry(name);
        parts.push(encodeAttribute(type, codec.encode(value, join(path, name))));
      }
      return Buffer.concat(parts);
    },
    decode(bytes) {
      const values: Record<string, unknown> = {};
      for (const { type, payload } of readAttributes(bytes)) {
        const entry = byType.get(type & typeMask);
        const value = entry?.codec.decode(payload);
        if (entry === undefined || value === undefined || entry.name in values) {
          values[unknownName(type, values)] = new Uint8Array(payload);
        } else {
          values[entry.name] = value;
        }
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `AttributeTable<T>` pairs each name of T with its type
      return values as T;
    },
    nameAt(bytes, offset) {
      const hit = readAttributes(bytes).find(
        (raw) => offset >= raw.offset && offset < raw.offset + headerSize + raw.payload.length,
      );
      if (hit === undefined) return undefined;
      const entry = byType.get(hit.type & typeMask);
      if (entry === undefined) return `#${String(hit.type & typeMask)}`;
      const inner = entry.codec.nameAt?.(hit.payload, offset - hit.offset - headerSize);
      return inner === undefined ? entry.name : join(entry.name, inner);
    },
    nameOf: (type) => byType.get(type & typeMask)?.name,
  };
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** One attribute with its header, padded to the alignment. */
export function encodeAttribute(type: number, payload: Uint8Array): Uint8Array {
  const length = headerSize + payload.length;
  if (length > 0xffff) {
    throw new RtnetlinkError({
      code: "invalid",
      operation: "encode attribute",
      subject: `#${String(type & typeMask)}`,
      reason: `its ${String(length)} bytes exceed the 65535 that its length field can say`,
    });
  }
  const bytes = new Uint8Array(alignUp(length, alignment));
  const view = viewOf(bytes);
  view.setUint16(0, length, littleEndian);
  view.setUint16(2, type, littleEndian);
  bytes.set(payload, headerSize);
  return bytes;
}

/**
 * The attributes that follow one another in `bytes`.
 *
 * @throws {RtnetlinkError} `malformed`
 */
export function readAttributes(bytes: Uint8Array): readonly RawAttribute[] {
  const found: RawAttribute[] = [];
  const view = viewOf(bytes);
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + headerSize > bytes.length) throw malformed(offset, "its header is cut short");
    const length = view.getUint16(offset, littleEndian);
    if (length < headerSize || offset + length > bytes.length) {
      const rest = bytes.length - offset;
      throw malformed(offset, `its length is ${String(length)} with ${String(rest)} bytes left`);
    }
    const type = view.getUint16(offset + 2, littleEndian);
    found.push({ type, payload: bytes.subarray(offset + headerSize, offset + length), offset });
    offset = alignUp(offset + length, alignment);
  }
  return found;
}

function malformed(offset: number, reason: string): RtnetlinkError {
  return new RtnetlinkError({
    code: "malformed",
    operation: "read netlink attribute",
    subject: `at byte ${String(offset)}`,
    reason,
  });
}

/** The name for an attribute of this type that is the first, or a further, one of `values`. */
function unknownName(type: number, values: Readonly<Record<string, unknown>>): string {
  const name = `#${String(type)}`;
  if (!(name in values)) return name;
  let count = 2;
  while (`${name}/${String(count)}` in values) count += 1;
  return `${name}/${String(count)}`;
}

const rawCodec: PayloadCodec<unknown> = {
  encode(value, path) {
    if (value instanceof Uint8Array) return value;
    throw new RtnetlinkError({
      code: "invalid",
      operation: "encode attribute",
      subject: path,
      reason: "an attribute without a name has bytes for a value",
    });
  },
  decode: (payload) => payload,
};

function unknownEntry(name: string): Entry {
  const number = /^#(\d+)(?:\/\d+)?$/.exec(name)?.[1];
  if (number !== undefined) return { name, type: Number(number), codec: rawCodec };
  throw new RtnetlinkError({
    code: "invalid",
    operation: "encode attribute",
    subject: name,
    reason: "there is no attribute of this name",
  });
}
