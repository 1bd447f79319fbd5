import { attachTcx, BpfError, type Link, openPinnedLink, type Program, unpin } from "libbpf-napi";
import type { AttachmentWay } from "./attachment-way.ts";
import type { DeviceHook } from "./pins.ts";

/** Programs by pinned links: what removes the pin takes the program off (Linux 6.6). */
export const tcxLinks: AttachmentWay = {
  async attach({ pins, netns }, place, program) {
    const path = pins.attachment("tcx", place);
    if (await adopt(path, place, program)) return;
    const { ifindex, hook } = place;
    const options = { ifindex, hook, ...(netns === undefined ? {} : { netns }) };
    await using link = await attachTcx(program, options);
    link.pin(path);
  },

  async detach({ pins }, place) {
    unpin(pins.attachment("tcx", place));
  },

  async dropDead(_places, { path }) {
    await using link = openPinnedLink(path);
    const info = link.info();
    return (info.type !== "tcx" || info.ifindex === undefined) && unpin(path);
  },
};

/** Whether a pinned link is at the device and now runs the program. */
async function adopt(
  path: string,
  { ifindex, hook }: DeviceHook,
  program: Program,
): Promise<boolean> {
  const link = openIfPinned(path);
  if (link === undefined) return false;
  await using held = link;
  const info = held.info();
  if (info.type !== "tcx" || info.ifindex !== ifindex || info.hook !== hook) {
    unpin(path);
    return false;
  }
  await held.update(program);
  return true;
}

function openIfPinned(path: string): Link | undefined {
  try {
    return openPinnedLink(path);
  } catch (error) {
    if (error instanceof BpfError && error.code === "pin-missing") return undefined;
    throw error;
  }
}
