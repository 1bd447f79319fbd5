import { attachClsact } from "./attach-clsact.ts";
import { attachTcx } from "./attach-tcx.ts";
import type { Attachment, ClsactInfo, TcOptions } from "./attachment-types.ts";
import type { Link } from "./link-types.ts";
import { probe } from "./probe.ts";
import type { Program } from "./program-types.ts";

/**
 * Attaches a program to a device's traffic in the way that the kernel has: by tcx (Linux 6.6), after what is there, or on an older
 * one as the filter of traffic control of this priority and handle, in place of one that an earlier process left there.
 *
 * ```ts
 * const place = { ifindex: interfaceIndex(2), hook: "ingress", priority: 10, handle: 1 } as const;
 * await using attachment = await attachTc(program, place);
 * ```
 *
 * A link ends with the process, at the latest; the device keeps a filter when the process ends without closing it.
 *
 * @throws {BpfError} as {@link attachTcx} and {@link attachClsact}
 */
export async function attachTc(
  program: Program,
  { attachment = "auto", netns, priority, handle, ...hook }: TcOptions,
): Promise<Link | Attachment<Promise<ClsactInfo>>> {
  const place = { ...hook, ...(netns === undefined ? {} : { netns }) };
  const byTcx = attachment === "auto" ? (await probe("tcx")).supported : attachment === "tcx";
  if (byTcx) return await attachTcx(program, place);
  return await attachClsact(program, { ...place, priority, handle, replace: true });
}
