import { pinnedMapInfo } from "libbpf-napi";
import type { ConnectionFilter } from "./connection-filter.ts";
import { openConntrackObject, partsOf, setSizes } from "./conntrack-object.ts";
import { conntrackObject } from "./generated/bpf.ts";
import { flushTable } from "./table-walk.ts";

/**
 * Forgets connections of a table that is pinned in a folder, all without a filter, whether or not anybody runs it. It is
 * what {@link KernelConntrack.flush} does: the same program, loaded for this once over the maps that are there, walks the
 * table, counts, and tells who listens to removals. What is not pinned is not made.
 *
 * @returns how many
 * @throws {ConntrackError} `object-missing`, `walk-failed`
 * @throws {BpfError} `pin-missing`, `incompatible-pin`, `not-permitted`
 */
export async function flushConnections(folder: string, filter: ConnectionFilter): Promise<number> {
  const pathOf = (map: string): string => `${folder}/${map}`;
  const sizeOf = (map: string): number => pinnedMapInfo(pathOf(map)).maxEntries;
  using file = await openConntrackObject();
  setSizes(file, {
    connections: sizeOf("connections"),
    halfOpen: sizeOf("conn_half_open"),
    closing: sizeOf("conn_closing"),
    fragments: sizeOf("fragments"),
  });
  const { programs, maps } = conntrackObject;
  for (const map of maps) {
    // A map that is not there would be made, and pinned.
    pinnedMapInfo(pathOf(map));
    file.pinMap(map, pathOf(map));
  }
  for (const { name } of [programs.trackIngress, programs.trackEgress]) {
    file.setAutoload(name, false);
  }
  using object = await file.load();
  return await flushTable(partsOf(object).programs, filter);
}
