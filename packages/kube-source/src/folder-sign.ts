import { statSync, type Stats } from "node:fs";
import { basename, join } from "node:path";
import { isManifestName } from "./folder-files.ts";

/**
 * What an event of the folder is a sign of: a manifest that has come complete; something that may not be
 * over yet; nothing that matters.
 *
 * A file that came by renaming has content, and no write to it is told. One that went may be about to come
 * back, as when an editor saves it. Of what is not read only a folder matters, or a link to one: volumes of
 * Kubernetes are changed by exchanging a link that all files are reached by.
 *
 * @param isWrite - Whether the event is a write to the file.
 */
export function signOf(
  folder: string,
  name: string | undefined,
  isWrite: boolean,
): "arrival" | "change" | "nothing" {
  if (name === undefined || isFolderItself(folder, name)) return "change";
  const isManifest = isManifestName(name);
  if (isManifest && isWrite) return "change";
  const found = statOf(join(folder, name));
  if (!isManifest) return found?.isDirectory() === true ? "change" : "nothing";
  return found?.isFile() === true && found.size > 0 ? "arrival" : "change";
}

/** Whether what an event of the folder names is a manifest in it. */
export function namesManifest(folder: string, name: string | undefined): name is string {
  return name !== undefined && !isFolderItself(folder, name) && isManifestName(name);
}

/** The folder itself is named by what happens to it as a whole. */
function isFolderItself(folder: string, name: string): boolean {
  return name === basename(folder);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
