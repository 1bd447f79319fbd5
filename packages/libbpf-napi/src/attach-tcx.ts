import type { InterfaceIndex } from "@heddle/contracts";
import { addon } from "./addon.ts";
import { type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { tcxAttachTypes } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import type { TcxHook } from "./hook-types.ts";
import type { Link, NetkitOptions, TcxOptions, TcxQuery } from "./link-types.ts";
import { placeOf } from "./link-position.ts";
import { explainByProbe } from "./probe.ts";
import type { Program } from "./program-types.ts";

/**
 * Attaches a program to a device's traffic (tcx, Linux 6.6), among others in a defined order.
 *
 * @throws {BpfError} `no-device`, `stale-revision`, `already-attached`, `not-permitted`;
 * {@link UnsupportedFeatureError} on an older kernel
 */
export async function attachTcx(program: Program, options: TcxOptions): Promise<Link> {
  const { ifindex, hook, position = "last", expectedRevision, netns } = options;
  const subject = `device ${String(ifindex)} ${hook}`;
  const attempt = { operation: `attach program ${program.name} to`, subject };
  const place = placeOf(position);
  const { error, fd } = await addon().linkCreate(
    descriptorOf(program, attempt.operation).number(attempt.operation),
    ifindex,
    false,
    tcxAttachTypes[hook],
    place.flags,
    place.relativeId,
    expectedRevision ?? 0n,
    netns,
  );
  if (error === 0) return createLink(fd, `link of ${program.name} at ${subject}`);
  const failure = kernelError(attempt, error, orderedExplanations(options));
  throw failure.errno === "EINVAL" ? await explainByProbe("tcx", failure) : failure;
}

/**
 * The programs at a device's hook, in order.
 *
 * @throws {BpfError} `no-device`, `not-permitted`; {@link UnsupportedFeatureError} before Linux 6.6
 */
export async function queryTcx(
  ifindex: InterfaceIndex,
  hook: TcxHook,
  options: { readonly netns?: string } = {},
): Promise<TcxQuery> {
  const attempt = { operation: "query programs of", subject: `device ${String(ifindex)} ${hook}` };
  const result = await addon().deviceQuery(ifindex, tcxAttachTypes[hook], options.netns);
  if (result.error !== 0) {
    const failure = kernelError(attempt, result.error, deviceExplanations(ifindex, options.netns));
    throw failure.errno === "EINVAL" ? await explainByProbe("tcx", failure) : failure;
  }
  const programs = Array.from(result.programIds, (programId, index) => {
    const linkId = result.linkIds[index];
    return { programId, linkId: linkId === 0 ? undefined : linkId };
  });
  return { revision: result.revision, programs };
}

type OrderedOptions = Omit<TcxOptions | NetkitOptions, "hook">;

/** What is told of a failure that concerns a device. */
export function deviceExplanations(
  ifindex: InterfaceIndex,
  netns: string | undefined,
): Readonly<Record<string, Explanation>> {
  const here = netns === undefined ? "the network namespace of this process" : netns;
  return {
    ENODEV: { code: "no-device", reason: `there is no device ${String(ifindex)} in ${here}` },
  };
}

/** What is told of a failure at a hook that takes programs in an order. */
export function orderedExplanations({
  ifindex,
  netns,
  expectedRevision,
  position,
}: OrderedOptions): Readonly<Record<string, Explanation>> {
  return {
    ...deviceExplanations(ifindex, netns),
    ESTALE: {
      code: "stale-revision",
      reason: `the hook no longer has revision ${String(expectedRevision)}`,
      hint: "query it again",
    },
    EEXIST: { code: "already-attached", reason: "the program is attached there already" },
    ENOENT: {
      code: "invalid-argument",
      reason:
        typeof position === "object"
          ? "the program or link to be placed next to is not at this hook"
          : `there is no network namespace ${String(netns)}`,
    },
    ERANGE: { reason: "the hook has 64 programs, and takes no more" },
    EINVAL: {
      code: "invalid-argument",
      reason:
        "the kernel refused the program, which must be of a section for this hook, or its place",
    },
  };
}
