import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { BpfError } from "./errors.ts";
import { openPinnedLink } from "./link.ts";
import { fileError, isBpffs, notBpffs, pinKind } from "./pin.ts";
import type { Pin } from "./pin-types.ts";
import { pinnedMapInfo } from "./pinned-map.ts";
import { openPinnedProgram } from "./program.ts";

/**
 * What is pinned in a folder of a BPF file system and in the folders below it, in order of the path. What
 * is pinned or unpinned meanwhile may be among it or not.
 *
 * ```ts
 * for (const { path, kind, info } of listPins("/sys/fs/bpf")) console.log(path, kind, info.id);
 * ```
 *
 * @throws {BpfError} `not-bpffs`, `not-permitted`
 */
export function listPins(folder: string): readonly Pin[] {
  if (!isBpffs(folder)) throw notBpffs({ operation: "list pins in", subject: folder }, folder);
  return entriesOf(folder).flatMap((entry) => (entry.isFile() ? pinsAt(pathOf(entry)) : []));
}

function pathOf(entry: Dirent): string {
  return join(entry.parentPath, entry.name);
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
    return entries.toSorted((left, right) => (pathOf(left) < pathOf(right) ? -1 : 1));
  } catch (cause) {
    throw fileError({ operation: "list pins in", subject: folder }, cause);
  }
}

/** The pin in a list; none when it is gone, or of a kind that this package does not know. */
function pinsAt(path: string): readonly Pin[] {
  try {
    const kind = pinKind(path);
    return kind === undefined ? [] : [readPin(path, kind)];
  } catch (error) {
    if (error instanceof BpfError && error.code === "pin-missing") return [];
    throw error;
  }
}

function readPin(path: string, kind: Pin["kind"]): Pin {
  if (kind === "map") return { path, kind, info: pinnedMapInfo(path) };
  if (kind === "program") {
    using program = openPinnedProgram(path);
    return { path, kind, info: program.info() };
  }
  using link = openPinnedLink(path);
  return { path, kind, info: link.info() };
}
