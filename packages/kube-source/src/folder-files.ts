import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { toError } from "@heddle/contracts";
import type { SourceProblem } from "./problem.ts";

/** What a file of the folder holds: its text, or why it could not be read. */
export type FileContent = { readonly text: string } | { readonly problem: SourceProblem };

/** Content by file name, in the order of the names. */
export type FolderFiles = ReadonlyMap<string, FileContent>;

/** Far more than any set of manifests; reading more would only hurt the program. */
const maxFileBytes = 64 * 2 ** 20;
/** Files that are open at a time. */
const batchSize = 16;

/** Whether kubectl would read the file from a folder, and no editor or file system keeps it for itself. */
export function isManifestName(name: string): boolean {
  return /^[^.].*\.(?:yaml|yml|json)$/.test(name);
}

/** Reads the manifests that lie directly in the folder; its own problem when it cannot be listed. */
export async function readFolder(
  path: string,
): Promise<{ readonly files: FolderFiles } | { readonly problem: SourceProblem }> {
  let entries: Dirent[];
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    return { problem: folderProblem(path, error) };
  }
  const manifests = entries
    .filter(({ name }) => isManifestName(name))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const files = new Map<string, FileContent>();
  for (let start = 0; start < manifests.length; start += batchSize) {
    const batch = manifests.slice(start, start + batchSize);
    const contents = await Promise.all(batch.map((entry) => readManifest(path, entry)));
    for (const [index, { name }] of batch.entries()) {
      const content = contents[index];
      if (content !== undefined) files.set(name, content);
    }
  }
  return { files };
}

/** Undefined for what is not a file, or is no longer there. */
async function readManifest(folder: string, entry: Dirent): Promise<FileContent | undefined> {
  const path = join(folder, entry.name);
  try {
    const found = await stat(path);
    if (!found.isFile()) return undefined;
    if (found.size > maxFileBytes) return { problem: tooLarge(path, found.size) };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)) };
  } catch (error) {
    const isGone = errorCode(error) === "ENOENT" && !entry.isSymbolicLink();
    return isGone ? undefined : { problem: fileProblem(path, error) };
  }
}

function tooLarge(path: string, size: number): SourceProblem {
  return {
    code: "unreadable",
    operation: "read file",
    subject: path,
    reason: `it has ${String(size)} bytes, more than ${String(maxFileBytes)}`,
    hint: "divide it",
  };
}

const fileReasons: Readonly<Record<string, string>> = {
  EACCES: "this program may not read it",
  ENOENT: "the link points to nothing",
  ERR_ENCODING_INVALID_ENCODED_DATA: "it is not UTF-8 text",
};

function fileProblem(path: string, cause: unknown): SourceProblem {
  const reason = fileReasons[errorCode(cause)] ?? toError(cause).message;
  return { code: "unreadable", operation: "read file", subject: path, reason, cause };
}

const folderReasons: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> =
  {
    EACCES: { reason: "this program may not read it", hint: "change its owner or its mode" },
    ENOENT: { reason: "it does not exist", hint: "create it: it is read as soon as it is there" },
    ENOTDIR: { reason: "it is not a folder", hint: "give the path of the folder it is in" },
  };

function folderProblem(path: string, cause: unknown): SourceProblem {
  const known = folderReasons[errorCode(cause)] ?? { reason: toError(cause).message };
  return { code: "unreadable", operation: "read folder", subject: path, ...known, cause };
}

/** The name of a system error, `ENOENT`; empty for any other. */
export function errorCode(error: unknown): string {
  const hasCode = error instanceof Error && "code" in error && typeof error.code === "string";
  return hasCode ? String(error.code) : "";
}
