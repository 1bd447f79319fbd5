import type { Pins } from "@heddle/datapath/pins";
import { bytes, type MapInfo, openPinnedMap, pinnedMapInfo } from "libbpf-napi";
import { formatTable } from "../table.ts";
import { knownMaps } from "./known-maps.ts";

/** A map that is pinned. */
export interface PinnedMap extends MapInfo {
  readonly path: string;
  /** The package that writes it; undefined for a map that this release does not know. */
  readonly owner: string | undefined;
  /** How many entries it has; undefined where that is fixed, or would take long to count. */
  readonly entries: number | undefined;
}

/** The maps that are pinned, by name. */
export async function listMaps(pins: Pins): Promise<readonly PinnedMap[]> {
  const maps: PinnedMap[] = [];
  for (const name of pins.maps().toSorted()) {
    const path = pins.map(name);
    const info = pinnedMapInfo(path);
    const owner = knownMaps.get(name)?.owner;
    maps.push({ ...info, name, path, owner, entries: await countEntries(path, info) });
  }
  return maps;
}

/** Maps up to this size are counted, which takes tens of milliseconds when they are full. */
const maxCounted = 1 << 17;

async function countEntries(path: string, info: MapInfo): Promise<number | undefined> {
  const { type, keySize, valueSize, maxEntries } = info;
  if ((type !== "hash" && type !== "lru_hash") || maxEntries > maxCounted) return undefined;
  const entry = { key: bytes(keySize), value: bytes(valueSize), layout: "" };
  using map = openPinnedMap(path, { ...info, ...entry, type });
  let count = 0;
  for await (const _ of map.entries()) count++;
  return count;
}

/** The maps as a table. */
export function formatMaps(maps: readonly PinnedMap[]): string {
  return formatTable(maps, {
    name: ({ name }) => name,
    owner: ({ owner }) => owner,
    type: ({ type }) => type,
    key: ({ keySize }) => keySize,
    value: ({ valueSize }) => valueSize,
    maxEntries: ({ maxEntries }) => maxEntries,
    entries: ({ entries }) => entries,
    id: ({ id }) => id,
    path: ({ path }) => path,
  });
}
