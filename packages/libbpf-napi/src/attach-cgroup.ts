import { closeSync, constants } from "node:fs";
import { addon } from "./addon.ts";
import { type Attempt, type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import type { CgroupHook } from "./hook-types.ts";
import { cgroupAttachTypes } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import { placeOf } from "./link-position.ts";
import type { CgroupOptions, CgroupQuery, CgroupQueryOptions, Link } from "./link-types.ts";
import { explainByProbe } from "./probe.ts";
import { openPath } from "./open-path.ts";
import type { Program } from "./program-types.ts";

/**
 * Attaches a program to a cgroup and all below it, beside others at the same hook (Linux 5.7).
 *
 * ```ts
 * const path = "/sys/fs/cgroup/system.slice";
 * await using link = await attachCgroup(program, { path, type: "connect4", position: "first" });
 * ```
 *
 * @throws {BpfError} `invalid-argument` for a folder that is no cgroup, or a program of another hook;
 * `stale-revision`, `not-permitted`; {@link UnsupportedFeatureError} for a position or a revision
 * before Linux 6.17
 */
export async function attachCgroup(program: Program, options: CgroupOptions): Promise<Link> {
  const { path, type, position, expectedRevision } = options;
  const attempt = { operation: `attach program ${program.name} to`, subject: `${path} ${type}` };
  const number = descriptorOf(program, attempt.operation).number(attempt.operation);
  const place = position === undefined ? { flags: 0, relativeId: 0 } : placeOf(position);
  const revision = expectedRevision ?? 0n;
  const { error, fd } = await inFolder(path, attempt, (folder) => {
    const { flags, relativeId } = place;
    const attachType = cgroupAttachTypes[type];
    const none = undefined;
    return addon().linkCreate(number, folder, true, attachType, flags, relativeId, revision, none);
  });
  if (error === 0) return createLink(fd, `link of ${program.name} at ${attempt.subject}`);
  const failure = kernelError(attempt, error, explanations(options));
  const ordered = position !== undefined || expectedRevision !== undefined;
  const explainable = failure.errno === "EINVAL" || failure.errno === "E2BIG";
  throw ordered && explainable ? await explainByProbe("cgroup-order", failure) : failure;
}

/**
 * The programs at a cgroup's hook, in order (Linux 4.15).
 *
 * ```ts
 * const { programIds } = await queryCgroup("/sys/fs/cgroup/system.slice", "connect4");
 * ```
 *
 * @throws {BpfError} `invalid-argument` for a folder that is no cgroup, `not-permitted`
 */
export async function queryCgroup(
  path: string,
  type: CgroupHook,
  options: CgroupQueryOptions = {},
): Promise<CgroupQuery> {
  const attempt = { operation: "query programs of", subject: `${path} ${type}` };
  const { inherited = false } = options;
  const result = await inFolder(path, attempt, (folder) =>
    addon().hookQuery(folder, cgroupAttachTypes[type], inherited),
  );
  if (result.error !== 0) throw kernelError(attempt, result.error, folderExplanations);
  const { revision, programIds } = result;
  return { revision: revision === 0n ? undefined : revision, programIds: [...programIds] };
}

const folderExplanations: Readonly<Record<string, Explanation>> = {
  EBADF: {
    code: "invalid-argument",
    reason: "the folder is no cgroup of version 2",
    hint: "they are usually below /sys/fs/cgroup",
  },
  ENOENT: { code: "invalid-argument", reason: "the cgroup is being removed" },
};

function explanations(options: CgroupOptions): Readonly<Record<string, Explanation>> {
  const { expectedRevision, position } = options;
  return {
    ...folderExplanations,
    EINVAL: {
      code: "invalid-argument",
      reason: "the program was written for another hook; its section must be cgroup/ and the type",
    },
    ESTALE: {
      code: "stale-revision",
      reason: `the hook no longer has revision ${String(expectedRevision)}`,
      hint: "query it again",
    },
    ...(typeof position === "object" ? { ENOENT: missingAnchor } : {}),
  };
}

const missingAnchor: Explanation = {
  code: "invalid-argument",
  reason: "the program or link to be placed next to is not at this hook",
};

/** The addon duplicates the folder's descriptor before it returns its promise. */
async function inFolder<T>(
  path: string,
  attempt: Attempt,
  use: (folder: number) => Promise<T>,
): Promise<T> {
  const folder = openPath(path, attempt, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await use(folder);
  } finally {
    closeSync(folder);
  }
}
