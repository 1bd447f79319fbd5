import { filterPlace, type PinnedAttachment } from "@heddle/datapath/pins";
import { BpfError, openClsact, openPinnedLink } from "libbpf-napi";

/** The id of the program that is attached there; undefined when the device or the filter is gone. */
export async function attachedProgram(attachment: PinnedAttachment): Promise<number | undefined> {
  return attachment.kind === "tcx" ? await linked(attachment) : await filtering(attachment);
}

async function linked({ path, ifindex }: PinnedAttachment): Promise<number | undefined> {
  await using link = openPinnedLink(path);
  const info = link.info();
  return info.type === "tcx" && info.ifindex === ifindex ? info.programId : undefined;
}

async function filtering(attachment: PinnedAttachment): Promise<number | undefined> {
  try {
    // Closing it would take the program off.
    const filter = await openClsact(filterPlace(attachment));
    return (await filter.info()).programId;
  } catch (error) {
    const gone =
      error instanceof BpfError && (error.code === "target-gone" || error.code === "no-device");
    if (gone) return undefined;
    throw error;
  }
}
