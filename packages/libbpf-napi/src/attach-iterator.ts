import { closeSync, createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { addon } from "./addon.ts";
import { type Attempt, check, type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import type { CgroupOrder, IteratorTarget } from "./iterator-types.ts";
import { createLink, linkNumber } from "./link.ts";
import type { Link } from "./link-types.ts";
import { openPath } from "./open-path.ts";
import type { Program } from "./program-types.ts";

/**
 * Ties an iterator program to what it walks (Linux 5.9). It runs when it is read: see
 * {@link readIterator}.
 *
 * ```ts
 * await using link = await attachIterator(object.program("dump_tasks"));
 * for await (const line of createInterface(readIterator(link))) console.log(line);
 * ```
 *
 * @param target for those that walk a map's entries, or some tasks or cgroups only
 * @throws {BpfError} `invalid-argument` for a program that is no iterator, or not one for the target;
 * `not-permitted`
 */
export async function attachIterator(program: Program, target?: IteratorTarget): Promise<Link> {
  const subject = describe(target);
  const attempt = { operation: `attach iterator ${program.name} to`, subject };
  const number = descriptorOf(program, attempt.operation).number(attempt.operation);
  using choice = chooseTarget(target, attempt);
  const { what, fd: chosen, first, second } = choice;
  // The addon duplicates the descriptors before it returns its promise.
  const { error, fd } = await addon().iteratorLink(number, what, chosen, first, second);
  if (error === 0) return createLink(fd, `link of iterator ${program.name}`);
  throw kernelError(attempt, error, explanations);
}

/**
 * Runs an iterator from its beginning, off the event loop and as fast as it is read. The stream is
 * what the program writes, in bytes; each call has its own.
 *
 * ```ts
 * const text = Buffer.concat(await readIterator(link).toArray()).toString();
 * ```
 *
 * @param link also one that was pinned, or opened by its id
 * @throws {BpfError} `invalid-argument` when the link is no iterator's
 */
export function readIterator(link: Link): Readable {
  const attempt = { operation: "read iterator", subject: "by its link" };
  const opened = addon().iteratorOpen(linkNumber(link, attempt.operation));
  const fd = check(attempt, opened, {
    EINVAL: { code: "invalid-argument", reason: "the link is not an iterator's" },
  });
  return createReadStream("", { fd });
}

/** As native/src/hook.c numbers them. */
const walks = { all: 0, map: 1, cgroup: 2, task: 3 } as const;

/** `enum bpf_cgroup_iter_order` of linux/bpf.h. */
const orders: Readonly<Record<CgroupOrder, number>> = {
  self: 1,
  "parents-first": 2,
  "children-first": 3,
  ancestors: 4,
};

interface Choice extends Disposable {
  readonly what: number;
  readonly fd: number;
  /** A cgroup's order, or a thread's id. */
  readonly first: number;
  /** A process's id. */
  readonly second: number;
}

function chooseTarget(target: IteratorTarget | undefined, attempt: Attempt): Choice {
  const none = { fd: -1, first: 0, second: 0, [Symbol.dispose]: () => undefined };
  if (target === undefined) return { ...none, what: walks.all };
  if ("map" in target) {
    const fd = descriptorOf(target.map, attempt.operation).number(attempt.operation);
    return { ...none, what: walks.map, fd };
  }
  if ("cgroup" in target) {
    const fd = openPath(target.cgroup, attempt);
    const first = orders[target.order];
    return { ...none, what: walks.cgroup, fd, first, [Symbol.dispose]: () => closeSync(fd) };
  }
  return "thread" in target
    ? { ...none, what: walks.task, first: target.thread }
    : { ...none, what: walks.task, second: target.process };
}

function describe(target: IteratorTarget | undefined): string {
  if (target === undefined) return "all that it walks";
  if ("map" in target) return descriptorOf(target.map, "attach iterator").subject;
  if ("cgroup" in target) return target.cgroup;
  if ("thread" in target) return `thread ${String(target.thread)}`;
  return `process ${String(target.process)}`;
}

const explanations: Readonly<Record<string, Explanation>> = {
  EINVAL: {
    code: "invalid-argument",
    reason: "the program's section is not iter/, or it does not walk such a target",
  },
  EBADF: {
    code: "invalid-argument",
    reason: "it walks a map's entries or cgroups, and was given no such thing",
  },
  ESRCH: { code: "invalid-argument", reason: "there is no such process or thread" },
};
