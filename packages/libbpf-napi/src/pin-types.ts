import type { LinkInfo } from "./link-info-types.ts";
import type { MapInfo } from "./map-types.ts";
import type { ProgramInfo } from "./program-types.ts";

/** What is pinned somewhere: its kind, and what the kernel says of it. */
export type Pin =
  | { readonly path: string; readonly kind: "map"; readonly info: MapInfo }
  | { readonly path: string; readonly kind: "program"; readonly info: ProgramInfo }
  | { readonly path: string; readonly kind: "link"; readonly info: LinkInfo };
