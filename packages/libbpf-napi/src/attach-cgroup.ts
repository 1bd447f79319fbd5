import { closeSync, constants, openSync } from "node:fs";
import { addon } from "./addon.ts";
import { type Attempt, BpfError, type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { cgroupAttachTypes } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import type { CgroupOptions, Link } from "./link-types.ts";
import type { Program } from "./program-types.ts";

/**
 * Attaches a program to a cgroup and all below it, beside others at the same hook (Linux 5.7).
 *
 * @throws {BpfError} `invalid-argument` for a folder that is no cgroup, or a program of another hook;
 * `not-permitted`
 */
export async function attachCgroup(program: Program, options: CgroupOptions): Promise<Link> {
  const { path, type } = options;
  const attempt = { operation: `attach program ${program.name} to`, subject: `${path} ${type}` };
  const number = descriptorOf(program, attempt.operation).number(attempt.operation);
  const folder = openFolder(path, attempt);
  try {
    const attachType = cgroupAttachTypes[type];
    // The addon duplicates the folder's descriptor before it returns its promise.
    const created = addon().linkCreate(number, folder, true, attachType, 0, 0, 0n, undefined);
    const { error, fd } = await created;
    if (error === 0) return createLink(fd, `link of ${program.name} at ${attempt.subject}`);
    throw kernelError(attempt, error, explanations);
  } finally {
    closeSync(folder);
  }
}

const explanations: Readonly<Record<string, Explanation>> = {
  EBADF: {
    code: "invalid-argument",
    reason: "the folder is no cgroup of version 2",
    hint: "they are usually below /sys/fs/cgroup",
  },
  EINVAL: {
    code: "invalid-argument",
    reason: "the program was written for another hook; its section must be cgroup/ and the type",
  },
  ENOENT: { code: "invalid-argument", reason: "the cgroup is being removed" },
};

function openFolder(path: string, attempt: Attempt): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    throw new BpfError({
      ...attempt,
      code: "invalid-argument",
      reason: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
