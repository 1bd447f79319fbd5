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
const modeFlags = { auto: 0, generic: 1 << 1, native: 1 << 2, offload: 1 << 3 } as const;

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
  const failure = kernelError(attempt, error, explanations(program, options));
  throw await explain(failure, options);
}

/** For a missing device, the kernel gives the error of a wrong argument. */
async function explain(failure: BpfError, { ifindex, netns }: XdpOptions): Promise<BpfError> {
  if (failure.errno !== "EINVAL") return failure;
  const { error } = await addon().deviceQuery(ifindex, tcxAttachTypes.ingress, netns);
  const missing = errnoName(error) === "ENODEV";
  return missing ? kernelError(failure, error, deviceExplanations(ifindex, netns)) : failure;
}

function explanations(
  program: Program,
  options: XdpOptions,
): Readonly<Record<string, Explanation>> {
  const { ifindex, mode, netns } = options;
  const taken: Explanation = {
    code: "already-attached",
    reason: "the device runs another XDP program",
    hint: "`ip link show` names it",
  };
  const unable: Explanation = { code: "unsupported-feature", ...unableReasons[mode ?? "auto"] };
  return {
    ...deviceExplanations(ifindex, netns),
    EBUSY: taken,
    EEXIST: taken,
    EOPNOTSUPP: unable,
    ENOTSUPP: unable,
    ENOENT: { reason: `there is no network namespace ${String(netns)}` },
    EINVAL: { code: "invalid-argument", ...refusal(program, options) },
  };
}

const noProgram: Explanation = {
  reason: "its driver cannot run this program",
  hint: 'mode "generic" works with every driver, more slowly',
};

/** Why a driver does not take a program, by mode. */
const unableReasons: Readonly<Record<NonNullable<XdpOptions["mode"]>, Explanation>> = {
  auto: noProgram,
  generic: noProgram,
  native: { ...noProgram, reason: "its driver cannot run this program natively" },
  offload: {
    reason: "its driver does not run programs on the device",
    hint: 'load the program without offload, and attach it in mode "native"',
  },
};

/** Why the kernel does not take a program: it does not tell to which device one is bound. */
function refusal(program: Program, { mode }: XdpOptions): Explanation {
  if (mode === "offload" && program.info().device === undefined) {
    return {
      reason: "the program was not loaded to run on the device",
      hint: "choose the device before loading it: setDevice with offload",
    };
  }
  return {
    reason: "the kernel refused the program, which must be of a section xdp",
    hint: "one that was loaded for a device is attached there only, and not in generic mode",
  };
}
