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

/** The layout that a map in the kernel was created with; undefined when it was created without. */
export function kernelEntryLayout(info: NativeMapInfo): EntryLayout | undefined {
  if (info.btfId === 0) return undefined;
  const subject = `BTF ${String(info.btfId)} of map ${info.name}`;
  const data = addon().btfData(info.btfId);
  if (typeof data === "number") throw kernelError({ operation: "read", subject }, -data);
  return entryLayout(parseBtf(data, subject), info);
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
