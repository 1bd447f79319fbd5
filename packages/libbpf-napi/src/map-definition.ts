import type { NativeMapDefinition } from "./addon.ts";
import type { Btf } from "./btf/index.ts";
import type { Descriptor } from "./descriptor.ts";
import { nativeMapInfo } from "./kernel-map-base.ts";
import { mapTypeName } from "./kernel-names.ts";
import { findMismatch } from "./map-check.ts";
import { entryLayout, findLayoutMismatch, kernelEntryLayout } from "./map-layout.ts";
import type { MapDefinition } from "./object-types.ts";

export function describeMap(map: NativeMapDefinition): MapDefinition {
  const { name, type, keySize, valueSize, maxEntries, flags } = map;
  return { name, type: mapTypeName(type), keySize, valueSize, maxEntries, flags };
}

/**
 * The first difference of a map in the kernel to the one that an object file defines.
 *
 * @param types reads those of the file
 * @param known as of {@link kernelEntryLayout}
 */
export function definitionMismatch(
  types: () => Btf,
  wanted: NativeMapDefinition,
  existing: Descriptor,
  known: Map<number, Btf>,
): string | undefined {
  const found = nativeMapInfo(existing);
  const traits = { ...found, type: mapTypeName(found.type) };
  const mismatch = findMismatch(describeMap(wanted), traits);
  if (mismatch !== undefined || wanted.keyTypeId === 0) return mismatch;
  return findLayoutMismatch(entryLayout(types(), wanted), kernelEntryLayout(found, known));
}
