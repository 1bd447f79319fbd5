import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { toError } from "@heddle/contracts";
import type { SourceProblem } from "./problem.ts";

/** What a file of the folder holds: its text, or why it could not be read. */
export type FileContent = { readonly text: string } | { readonly problem: SourceProblem };

/** Content by file name. */
export type FolderFiles = ReadonlyMap<string, FileContent>;

/** Far more than any set of manifests; reading more would only hurt the program. */
const maxFileBytes = 64 * 2 ** 20;
/** Files that are open at a time. */
const batchSize = 16;

/** Whether kubectl would read the file from a folder, and no editor or file system keeps it for itself. */
export function isManifestName(name: string): boolean {
  return /^[^.].*\.(?:yaml|yml|json)$/.test(name);
}

/** A file as it was read, and what the file system said of it then. */
interface Reading {
  readonly content: FileContent;
  /** Device, inode, size and times; another text where any of them differs. */
  readonly stamp: string;
  /** Whether a write since then must show in the stamp. */
  readonly isLasting: boolean;
}

/** Milliseconds since the last change of a file after which another one gets another time from the file system. */
const timestampGranularity = 1000;

/** Reads the manifests that lie directly in a folder, and those that have not changed only once. */
export class FolderReader {
  readonly #path: string;
  #readings: ReadonlyMap<string, Reading> = new Map();
  #filesRead = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** How many files were read so far, each time counted. */
  get filesRead(): number {
    return this.#filesRead;
  }

  /** What is there; the folder's own problem when it cannot be listed. */
  async read(): Promise<{ readonly files: FolderFiles } | { readonly problem: SourceProblem }> {
    let names: readonly string[];
    try {
      names = await readdir(this.#path);
    } catch (error) {
      return { problem: folderProblem(this.#path, error) };
    }
    return { files: await this.#readInto(new Map(), names.filter(isManifestName)) };
  }

  /** Reads these manifests; what the others hold is as it was read before. */
  async readSome(names: readonly string[]): Promise<{ readonly files: FolderFiles }> {
    return { files: await this.#readInto(new Map(this.#readings), names) };
  }

  async #readInto(readings: Map<string, Reading>, names: readonly string[]): Promise<FolderFiles> {
    for (let start = 0; start < names.length; start += batchSize) {
      const batch = names.slice(start, start + batchSize);
      const results = await Promise.all(batch.map((name) => this.#readManifest(name)));
      for (const [index, name] of batch.entries()) {
        const reading = results[index];
        if (reading === undefined) readings.delete(name);
        else readings.set(name, reading);
      }
    }
    this.#readings = readings;
    return new Map(readings.entries().map(([name, { content }]) => [name, content]));
  }

  /** Undefined for what is not a file, or is no longer there. */
  async #readManifest(name: string): Promise<Reading | undefined> {
    const path = join(this.#path, name);
    try {
      const found = await stat(path, { bigint: true });
      if (!found.isFile()) return undefined;
      const stamp = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
      const known = this.#readings.get(name);
      if (known?.isLasting === true && known.stamp === stamp) return known;
      this.#filesRead++;
      const isLasting = Date.now() - Number(found.ctimeMs) > timestampGranularity;
      return { content: await readContent(path, Number(found.size)), stamp, isLasting };
    } catch (error) {
      if (errorCode(error) === "ENOENT" && !(await isLink(path))) return undefined;
      return { content: { problem: fileProblem(path, error) }, stamp: "", isLasting: false };
    }
  }
}

/** Whether there is a symbolic link, wherever it leads. */
async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

async function readContent(path: string, size: number): Promise<FileContent> {
  if (size > maxFileBytes) return { problem: tooLarge(path, size) };
  return { text: new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)) };
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
