import { closeSync } from "node:fs";
import { addon } from "./addon.ts";
import { type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { netnsAttachTypes } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import type { Link, NetnsOptions } from "./link-types.ts";
import { openPath } from "./open-path.ts";
import type { Program } from "./program-types.ts";

/**
 * Attaches a program to a network namespace: one that picks the socket for what comes in, or one
 * that reads packets' headers (Linux 5.7; `sk_lookup` 5.9).
 *
 * ```ts
 * await using link = await attachNetns(program, { hook: "sk_lookup", netns: "/run/netns/web" });
 * ```
 *
 * @throws {BpfError} `already-attached` when the hook takes no further program; `invalid-argument` for
 * a path that is no network namespace, or a program of another hook; `not-permitted`
 */
export async function attachNetns(program: Program, options: NetnsOptions): Promise<Link> {
  const { hook, netns = "/proc/self/ns/net" } = options;
  const attempt = { operation: `attach program ${program.name} to`, subject: `${netns} ${hook}` };
  const number = descriptorOf(program, attempt.operation).number(attempt.operation);
  const target = openPath(netns, attempt);
  try {
    const attachType = netnsAttachTypes[hook];
    // The addon duplicates the descriptor before it returns its promise.
    const created = addon().linkCreate(number, target, true, attachType, 0, 0, 0n, undefined);
    const { error, fd } = await created;
    if (error === 0) return createLink(fd, `link of ${program.name} at ${attempt.subject}`);
    throw kernelError(attempt, error, explanations);
  } finally {
    closeSync(target);
  }
}

const taken: Explanation = {
  code: "already-attached",
  reason: "the hook takes no further program",
  hint: "a flow dissector in the machine's first network namespace is the only one of all",
};

const explanations: Readonly<Record<string, Explanation>> = {
  E2BIG: taken,
  EEXIST: taken,
  EINVAL: {
    code: "invalid-argument",
    reason: "the path is no network namespace, or the program was written for another hook",
  },
};
