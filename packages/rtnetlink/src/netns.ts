import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemError } from "./errno.ts";
import { nativeAddon } from "./native/addon.ts";
import { type Attempt, RtnetlinkError } from "./rtnetlink-error.ts";

/** A network namespace that is held open: it exists at least until the handle is disposed of. */
export interface NetnsHandle extends Disposable {
  /** Where it was opened; names it in errors. */
  readonly path: string;
  /**
   * The descriptor, owned by the handle.
   *
   * @throws {RtnetlinkError} `closed` once the handle is disposed of
   */
  readonly fd: number;
  /** Tells namespaces apart: the same namespace has the same inode under every path. */
  readonly inode: number;
}

/** A file in a folder of namespaces. */
export interface NetnsEntry {
  /** The file's name. */
  readonly name: string;
  readonly path: string;
  /** The namespace's inode; undefined for a leftover file that no namespace is mounted on. */
  readonly inode: number | undefined;
}

/** Where `ip netns` keeps namespaces by name. */
const defaultNetnsFolder = "/run/netns";

/** `NSFS_MAGIC` of linux/magic.h. */
const nsfsType = 0x6e73_6673;

/**
 * Opens a network namespace by the path it is mounted on, `/run/netns/NAME`, or by `/proc/PID/ns/net`.
 *
 * @throws {RtnetlinkError} `namespace-missing`, `permission`
 */
export function openNetns(path: string): NetnsHandle {
  const attempt = { operation: "open network namespace", subject: path };
  const fd = openFile(path, attempt);
  if (nativeAddon().isNetns(fd)) return new Handle(path, fd);
  closeSync(fd);
  throw new RtnetlinkError({
    ...attempt,
    code: "namespace-missing",
    reason: "the file is not a network namespace",
    hint: "it may be the leftover of one that ended; deleteNetns removes it",
  });
}

/** The namespace of the calling thread. */
export function currentNetns(): NetnsHandle {
  return openNetns("/proc/thread-self/ns/net");
}

/** Another handle for the same namespace, which names it alike. */
export function duplicateNetns(netns: NetnsHandle): NetnsHandle {
  const attempt = { operation: "open network namespace", subject: netns.path };
  return new Handle(netns.path, openFile(`/proc/self/fd/${String(netns.fd)}`, attempt));
}

/**
 * Makes a network namespace, with its loopback device down, and mounts it on a new file, as `ip netns add` does.
 * Its folder is made if need be; `/run/netns` also becomes a shared mount point, so that a namespace
 * deleted here ends even if other mount namespaces saw it.
 *
 * @throws {RtnetlinkError} `exists` when there is such a file, also when it is a leftover; `permission`
 */
export async function createNetns(path: string): Promise<NetnsHandle> {
  const file = resolve(path);
  const folder = dirname(file);
  const attempt = { operation: "create network namespace", subject: path };
  try {
    makeFolder(folder);
    await nativeAddon().createNetns(file, isIpNetnsFolder(folder) ? folder : "");
  } catch (error) {
    throw systemError(attempt, error, createHint(error, path));
  }
  return openNetns(path);
}

/**
 * Unmounts the namespace from the file and removes the file. The namespace itself ends with the last process,
 * socket and handle in it.
 *
 * @returns whether there was such a file
 * @throws {RtnetlinkError} `invalid` for a file that is neither a namespace nor a leftover of one; `permission`
 */
export async function deleteNetns(path: string): Promise<boolean> {
  const attempt = { operation: "delete network namespace", subject: path };
  try {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file === undefined) return false;
    if (!isNsfs(path) && !(file.isFile() && file.size === 0)) throw notNetns(attempt);
    // Mounts can be stacked on one another.
    while (isNsfs(path)) await nativeAddon().unmountNetns(path);
    rmSync(path, { force: true });
    return true;
  } catch (error) {
    throw systemError(attempt, error);
  }
}

/** The namespaces, and leftovers of namespaces, in the folder; none when the folder does not exist. */
export function listNetns(folder: string = defaultNetnsFolder): readonly NetnsEntry[] {
  try {
    return readdirSync(folder)
      .toSorted()
      .flatMap((name) => entryOf(name, join(folder, name)));
  } catch (error) {
    const failure = systemError({ operation: "list network namespaces", subject: folder }, error);
    if (failure.code === "not-found") return [];
    throw failure;
  }
}

class Handle implements NetnsHandle {
  readonly path: string;
  readonly inode: number;
  #fd: number | undefined;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
    this.inode = fstatSync(fd).ino;
  }

  get fd(): number {
    if (this.#fd !== undefined) return this.#fd;
    throw new RtnetlinkError({
      code: "closed",
      operation: "use network namespace",
      subject: this.path,
      reason: "its handle was disposed of",
    });
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function openFile(path: string, attempt: Attempt): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const failure = systemError(attempt, error);
    if (failure.code !== "not-found") throw failure;
    throw new RtnetlinkError({
      ...attempt,
      code: "namespace-missing",
      reason: failure.reason,
      hint: "createNetns makes one; listNetns shows which exist",
      errno: failure.errno,
      cause: error,
    });
  }
}

/** A file that vanishes meanwhile is left out. */
function entryOf(name: string, path: string): readonly NetnsEntry[] {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || !file.isFile()) return [];
  return [{ name, path, inode: isNsfs(path) ? file.ino : undefined }];
}

/** Not recursively, which Node never gives up in a file system that refuses (`/proc`). */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o755 });
}

function isNsfs(path: string): boolean {
  return statfsSync(path).type === nsfsType;
}

function isIpNetnsFolder(folder: string): boolean {
  return folder === "/run/netns" || folder === "/var/run/netns";
}

function createHint(error: unknown, path: string): string | undefined {
  const exists = error instanceof Error && "errno" in error && error.errno === 17;
  return exists
    ? `open it with openNetns, or remove it with deleteNetns(${JSON.stringify(path)})`
    : undefined;
}

function notNetns(attempt: Attempt): RtnetlinkError {
  return new RtnetlinkError({
    ...attempt,
    code: "invalid",
    reason: "it is neither a network namespace nor an empty leftover of one",
    hint: "remove it by other means if it is not needed",
  });
}
