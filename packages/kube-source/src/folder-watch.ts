import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { toError } from "@heddle/contracts";
import { errorCode } from "./folder-files.ts";
import type { SourceProblem } from "./problem.ts";

export interface FolderWatch extends Disposable {
  /** What is watched: the folder, or the nearest one above it that exists. */
  readonly path: string;
}

/**
 * Watches a folder with inotify; while it does not exist, the nearest folder above it, in which it or the
 * way to it will appear.
 *
 * @param onChange - Told the name of what was created, written, renamed or removed there, if the kernel says,
 * and whether it was a write.
 */
export function watchFolder(
  path: string,
  onChange: (name: string | undefined, isWrite: boolean) => void,
): FolderWatch | { readonly problem: SourceProblem } {
  for (let candidate = path; ; candidate = dirname(candidate)) {
    try {
      const watcher = watch(candidate, (event, name) => {
        onChange(name ?? undefined, event === "change");
      });
      return { path: candidate, ...asDisposable(watcher, onChange) };
    } catch (error) {
      const mayBeAbove = ["ENOENT", "ENOTDIR"].includes(errorCode(error));
      if (!mayBeAbove || candidate === dirname(candidate)) {
        return { problem: watchProblem(path, error) };
      }
    }
  }
}

/** A watcher that fails later has lost what it watched, which is a change. */
function asDisposable(
  watcher: FSWatcher,
  onChange: (name: undefined, isWrite: boolean) => void,
): Disposable {
  watcher.on("error", () => onChange(undefined, false));
  return { [Symbol.dispose]: () => watcher.close() };
}

const hints: Readonly<Record<string, string>> = {
  EMFILE: "raise fs.inotify.max_user_instances with sysctl",
  ENOSPC: "raise fs.inotify.max_user_watches with sysctl",
};

function watchProblem(path: string, cause: unknown): SourceProblem {
  const code = errorCode(cause);
  return {
    code: "unwatchable",
    operation: "watch folder",
    subject: path,
    reason: toError(cause).message,
    hint: hints[code] ?? "changes are noticed with delay, when it is next read",
    cause,
  };
}
