import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { attachClsact } from "libbpf-napi";
import type { AttachmentWay } from "./attachment-way.ts";
import { filterPlace, useOwnFilter } from "./pins.ts";

/**
 * Programs as filters of traffic control, for kernels without tcx. The device holds a filter, so that there is nothing
 * to pin; an empty folder among the pins notes where one is. The note is made before the filter and goes after
 * it: there may be a note without a filter, and never a filter that nobody knows of.
 */
export const clsactFilters: AttachmentWay = {
  async attach({ pins, netns }, place, program) {
    mkdirSync(pins.attachment("clsact", place), { recursive: true });
    await attachClsact(program, { ...filterPlace(place, netns), replace: true });
  },

  async detach({ pins, netns }, place) {
    const note = pins.attachment("clsact", place);
    if (!existsSync(note)) return;
    await useOwnFilter(place, netns, (filter) => filter.detach());
    rmdirSync(note);
  },

  async dropDead({ netns }, { path, ...place }) {
    const isThere = (await useOwnFilter(place, netns, async () => true)) ?? false;
    if (isThere) return false;
    rmdirSync(path);
    return true;
  },
};
