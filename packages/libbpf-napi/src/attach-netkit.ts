import { addon } from "./addon.ts";
import { orderedExplanations } from "./attach-tcx.ts";
import { kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { netkitAttachTypes } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import { placeOf } from "./link-position.ts";
import type { Link, NetkitOptions } from "./link-types.ts";
import { explainByProbe } from "./probe.ts";
import type { Program } from "./program-types.ts";

/**
 * Attaches a program to a netkit pair, among others in a defined order (Linux 6.7). Both ends are
 * programmed from the primary one, so that a pod cannot change what is at its own.
 *
 * ```ts
 * await using link = await attachNetkit(program, { ifindex: interfaceIndex(5), hook: "peer" });
 * ```
 *
 * @throws {BpfError} `no-device`, `stale-revision`, `already-attached`, `not-permitted`;
 * `invalid-argument` for a device that is no primary end of netkit; {@link UnsupportedFeatureError}
 * on an older kernel
 */
export async function attachNetkit(program: Program, options: NetkitOptions): Promise<Link> {
  const { ifindex, hook, position = "last", expectedRevision, netns } = options;
  const subject = `device ${String(ifindex)} netkit ${hook}`;
  const attempt = { operation: `attach program ${program.name} to`, subject };
  const place = placeOf(position);
  const { error, fd } = await addon().linkCreate(
    descriptorOf(program, attempt.operation).number(attempt.operation),
    ifindex,
    false,
    netkitAttachTypes[hook],
    place.flags,
    place.relativeId,
    expectedRevision ?? 0n,
    netns,
  );
  if (error === 0) return createLink(fd, `link of ${program.name} at ${subject}`);
  const failure = kernelError(attempt, error, {
    ...orderedExplanations(options),
    ENXIO: { code: "invalid-argument", reason: "the device is no netkit device" },
    EACCES: { code: "invalid-argument", reason: "the device is the peer, not the primary end" },
  });
  throw failure.errno === "EINVAL" ? await explainByProbe("netkit", failure) : failure;
}
