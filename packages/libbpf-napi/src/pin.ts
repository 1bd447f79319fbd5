import { existsSync, readlinkSync, statfsSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { addon } from "./addon.ts";
import { errnoName } from "./errno.ts";
import { type Attempt, BpfError, check, kernelError } from "./errors.ts";
import type { Descriptor } from "./descriptor.ts";

/** `BPF_FS_MAGIC` of linux/magic.h. */
const bpffsMagic = 0xcafe4a11;

/** Whether `path` lies in a mounted BPF file system. */
export function isBpffs(path: string): boolean {
  try {
    return statfsSync(path).type >>> 0 === bpffsMagic;
  } catch {
    return false;
  }
}

/**
 * Mounts a BPF file system on the folder `path`, which only root can enter. Where one is mounted
 * already, nothing happens.
 *
 * @throws {BpfError} `not-permitted`, or `kernel-error` when there is no such folder
 */
export function mountBpffs(path: string): void {
  if (isBpffs(path)) return;
  check({ operation: "mount BPF file system on", subject: path }, addon().mountBpffs(path), {
    EPERM: { hint: "mounting needs the capability CAP_SYS_ADMIN: run as root" },
    ENOENT: { reason: "there is no such folder", hint: "make it first" },
    ENODEV: { code: "unsupported-feature", reason: "this kernel has no BPF file system" },
  });
}

/** Removes a pin. What it named is released when nothing else refers to it. Whether it was there. */
export function unpin(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (cause) {
    const errno = errorCode(cause);
    if (errno === "ENOENT") return false;
    throw fileError({ operation: "unpin", subject: path }, cause);
  }
}

/** Gives what `descriptor` refers to a name in the BPF file system. */
export function pinDescriptor(
  descriptor: Pick<Descriptor, "subject" | "number">,
  path: string,
): void {
  const attempt = { operation: `pin ${descriptor.subject} to`, subject: path };
  const result = addon().fdPin(descriptor.number(attempt.operation), path);
  if (result === 0) return;
  requireBpffs(attempt, path);
  throw kernelError(attempt, -result, {
    EEXIST: {
      code: "pin-exists",
      reason: "something is pinned there",
      hint: "unpin it first, or adopt it",
    },
  });
}

/** Kinds of pinned things, by the name of their descriptors in /proc. */
const pinKinds = { map: "bpf-map", program: "bpf-prog", link: "bpf[-_]link" } as const;

/** The kind of what is pinned at `path`; undefined when nothing is, or what is none of them. */
export function pinKind(path: string): keyof typeof pinKinds | undefined {
  const fd = addon().fdFromPin(path);
  const missing = errnoName(-fd) === "ENOENT";
  if (missing) return undefined;
  check({ operation: "look at pin", subject: path }, fd);
  const found = readlinkSync(`/proc/self/fd/${String(fd)}`);
  addon().fdClose(fd);
  return (["map", "program", "link"] as const).find((kind) =>
    new RegExp(pinKinds[kind]).test(found),
  );
}

/** A descriptor of the caller's own of what is pinned at `path`, which must be of the kind. */
export function openPin(path: string, kind: keyof typeof pinKinds): number {
  const attempt = { operation: `open pinned ${kind}`, subject: path };
  const fd = addon().fdFromPin(path);
  if (fd < 0) throw openError(attempt, path, -fd);
  const found = readlinkSync(`/proc/self/fd/${String(fd)}`);
  if (new RegExp(pinKinds[kind]).test(found)) return fd;
  addon().fdClose(fd);
  throw new BpfError({
    ...attempt,
    code: "incompatible-pin",
    reason: `kind: wanted ${kind}, found ${found}`,
  });
}

/** Like {@link openPin}, but undefined when nothing is there. */
export function openExistingPin(path: string, kind: keyof typeof pinKinds): number | undefined {
  try {
    return openPin(path, kind);
  } catch (error) {
    if (error instanceof BpfError && error.code === "pin-missing") return undefined;
    throw error;
  }
}

/** Refuses a path that nothing can be pinned to. */
export function requireBpffs(attempt: Attempt, path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw new BpfError({
      ...attempt,
      code: "not-bpffs",
      reason: `there is no folder ${folder}`,
      hint: "make it first",
    });
  }
  if (!isBpffs(folder)) throw notBpffs(attempt, folder);
}

function openError(attempt: Attempt, path: string, error: number): BpfError {
  if (existsSync(path) && !isBpffs(path)) return notBpffs(attempt, dirname(path));
  return kernelError(attempt, error, {
    ENOENT: { code: "pin-missing", reason: "nothing is pinned there" },
  });
}

/** The error for a folder that pins cannot be in. */
export function notBpffs(attempt: Attempt, folder: string): BpfError {
  return new BpfError({
    ...attempt,
    code: "not-bpffs",
    reason: `${folder} is not in a BPF file system`,
    hint: "mount one with mountBpffs, usually on /sys/fs/bpf",
  });
}

/** The error for what Node's functions for files threw. */
export function fileError(attempt: Attempt, cause: unknown): BpfError {
  const errno = errorCode(cause);
  const denied = errno === "EPERM" || errno === "EACCES";
  return new BpfError({
    ...attempt,
    code: denied ? "not-permitted" : "kernel-error",
    reason: cause instanceof Error ? cause.message : String(cause),
    hint: denied ? "run as root: a BPF file system is usually root's own" : undefined,
    errno,
    cause,
  });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
