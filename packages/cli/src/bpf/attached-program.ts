import { type PinnedAttachment, useOwnFilter } from "@heddle/datapath/pins";
import { openPinnedLink } from "libbpf-napi";

/** The id of the program that is attached there; undefined when the device or the filter is gone. */
export async function attachedProgram(attachment: PinnedAttachment): Promise<number | undefined> {
  if (attachment.kind === "tcx") return await linked(attachment);
  // The handle is not closed: that would take the program off.
  const info = await useOwnFilter(attachment, undefined, (filter) => filter.info());
  return info?.programId;
}

async function linked({ path, ifindex }: PinnedAttachment): Promise<number | undefined> {
  await using link = openPinnedLink(path);
  const info = link.info();
  return info.type === "tcx" && info.ifindex === ifindex ? info.programId : undefined;
}
