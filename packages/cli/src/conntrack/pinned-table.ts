import { dirname } from "node:path";
import { openPins } from "../bpf/pin-root.ts";
import type { GlobalOptions } from "../global-options.ts";

/** Which table of connections is meant. */
export interface TablePlace extends GlobalOptions {
  /** The folder with its maps, where somebody else than the agent has pinned them. */
  readonly maps?: string;
}

/**
 * The folder with the table's maps.
 *
 * @throws {CliError} `nothing-pinned`, `unreadable-pins`
 */
export function mapsOf({ maps, pinRoot }: TablePlace): string {
  return maps ?? dirname(openPins(pinRoot).map("connections"));
}
