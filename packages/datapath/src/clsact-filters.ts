import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { attachClsact, BpfError, openClsact } from "libbpf-napi";
import type { AttachmentPlaces, AttachmentWay } from "./attachment-way.ts";
import { type DeviceHook, filterPlace } from "./pins.ts";

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
    await detachIfThere(place, netns);
    rmdirSync(note);
  },

  async dropDead({ netns }, { path, ...place }) {
    if (await isAttached(place, netns)) return false;
    rmdirSync(path);
    return true;
  },
};

async function detachIfThere(place: DeviceHook, netns: AttachmentPlaces["netns"]): Promise<void> {
  try {
    const filter = await openClsact(filterPlace(place, netns));
    await filter.detach();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function isAttached(place: DeviceHook, netns: AttachmentPlaces["netns"]): Promise<boolean> {
  try {
    await openClsact(filterPlace(place, netns));
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof BpfError && (error.code === "target-gone" || error.code === "no-device");
}
