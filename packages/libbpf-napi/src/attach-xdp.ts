import { addon } from "./addon.ts";
import { deviceExplanations } from "./attach-tcx.ts";
import { errnoName } from "./errno.ts";
import { type BpfError, type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { tcxAttachTypes, xdpAttachType } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import type { Link, XdpOptions } from "./link-types.ts";
import type { Program } from "./program-types.ts";

/** `XDP_FLAGS_*` of linux/if_link.h. */
const modeFlags = { auto: 0, generic: 1 << 1, native: 1 << 2 } as const;

/**
 * Attaches an XDP program to a device, which takes one (Linux 5.9).
 *
 * @throws {BpfError} `no-device`, `already-attached`, `not-permitted`; `unsupported-feature` when the
 * driver has no native mode
 */
export async function attachXdp(program: Program, options: XdpOptions): Promise<Link> {
  const { ifindex, mode = "auto", netns } = options;
  const subject = `device ${String(ifindex)} XDP`;
  const attempt = { operation: `attach program ${program.name} to`, subject };
  const { error, fd } = await addon().linkCreate(
    descriptorOf(program, attempt.operation).number(attempt.operation),
    ifindex,
    false,
    xdpAttachType,
    modeFlags[mode],
    0,
    0n,
    netns,
  );
  if (error === 0) return createLink(fd, `link of ${program.name} at ${subject}`);
  throw await explain(kernelError(attempt, error, explanations(options)), options);
}

/** For a missing device, the kernel gives the error of a wrong argument. */
async function explain(failure: BpfError, { ifindex, netns }: XdpOptions): Promise<BpfError> {
  if (failure.errno !== "EINVAL") return failure;
  const { error } = await addon().deviceQuery(ifindex, tcxAttachTypes.ingress, netns);
  const missing = errnoName(error) === "ENODEV";
  return missing ? kernelError(failure, error, deviceExplanations(ifindex, netns)) : failure;
}

function explanations({ ifindex, mode, netns }: XdpOptions): Readonly<Record<string, Explanation>> {
  const taken: Explanation = {
    code: "already-attached",
    reason: "the device runs another XDP program",
    hint: "`ip link show` names it",
  };
  const noNativeMode: Explanation = {
    code: "unsupported-feature",
    reason: `its driver cannot run this program${mode === "native" ? " natively" : ""}`,
    hint: 'mode "generic" works with every driver, more slowly',
  };
  return {
    ...deviceExplanations(ifindex, netns),
    EBUSY: taken,
    EEXIST: taken,
    EOPNOTSUPP: noNativeMode,
    ENOTSUPP: noNativeMode,
    ENOENT: { reason: `there is no network namespace ${String(netns)}` },
    EINVAL: {
      code: "invalid-argument",
      reason: "the kernel refused the program, which must be of a section xdp",
    },
  };
}
