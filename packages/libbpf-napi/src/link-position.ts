import type { Link, LinkAnchor, LinkPosition } from "./link-types.ts";

/** `BPF_F_*` of linux/bpf.h. */
const flags = { before: 1 << 3, after: 1 << 4, id: 1 << 5, link: 1 << 13 } as const;

/** Flags and anchor, as the kernel takes them. */
export function placeOf(position: LinkPosition): {
  readonly flags: number;
  readonly relativeId: number;
} {
  if (position === "first") return { flags: flags.before, relativeId: 0 };
  if (position === "last") return { flags: flags.after, relativeId: 0 };
  const [side, anchor] =
    "before" in position ? [flags.before, position.before] : [flags.after, position.after];
  const byLink = isLink(anchor);
  const relativeId = byLink ? anchor.info().id : anchor.programId;
  return { flags: side | flags.id | (byLink ? flags.link : 0), relativeId };
}

function isLink(anchor: LinkAnchor): anchor is Link {
  return "info" in anchor;
}
