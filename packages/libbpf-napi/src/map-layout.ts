import { addon, type NativeMapInfo } from "./addon.ts";
import {
  type Btf,
  describeLayoutDifference,
  type Layout,
  layoutOf,
  parseBtf,
} from "./btf/index.ts";
import { kernelError } from "./errors.ts";

/** How a map's keys and values lie in memory. */
export interface EntryLayout {
  readonly key: Layout;
  readonly value: Layout;
}

/** The layout of what `btf` says of two types; undefined when the map has no type information. */
export function entryLayout(
  btf: Btf,
  types: { readonly keyTypeId: number; readonly valueTypeId: number },
): EntryLayout | undefined {
  const { keyTypeId, valueTypeId } = types;
  if (keyTypeId === 0 || valueTypeId === 0) return undefined;
  return { key: layoutOf(btf, keyTypeId), value: layoutOf(btf, valueTypeId) };
}

/**
 * The layout that a map in the kernel was created with; undefined when it was created without.
 *
 * @param known type information by its id, of maps that are held open; what is read is added
 */
export function kernelEntryLayout(
  info: NativeMapInfo,
  known: Map<number, Btf> = new Map(),
): EntryLayout | undefined {
  const { btfId } = info;
  if (btfId === 0) return undefined;
  const btf = known.get(btfId) ?? readMapBtf(info);
  known.set(btfId, btf);
  return entryLayout(btf, info);
}

function readMapBtf({ btfId, name }: NativeMapInfo): Btf {
  const subject = `BTF ${String(btfId)} of map ${name}`;
  const data = addon().btfData(btfId);
  if (typeof data === "number") throw kernelError({ operation: "read", subject }, -data);
  return parseBtf(data, subject);
}

/** The first difference, by field; undefined when there is none, or nothing is known of one of them. */
export function findLayoutMismatch(
  wanted: EntryLayout | undefined,
  found: EntryLayout | undefined,
): string | undefined {
  if (wanted === undefined || found === undefined) return undefined;
  const key = describeLayoutDifference(wanted.key, found.key);
  if (key !== undefined) return `key: ${key}`;
  const value = describeLayoutDifference(wanted.value, found.value);
  return value === undefined ? undefined : `value: ${value}`;
}
