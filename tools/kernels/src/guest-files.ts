import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { runTool } from "@heddle-tools/addon";
import type { GuestEntry } from "./cpio.ts";

/** A file of this machine, at a path of the guest's. */
export function fileEntry(path: string, source: string): GuestEntry {
  const { mode } = lstatSync(realpathSync(source));
  return {
    kind: "file",
    path,
    content: readFileSync(source),
    executable: (mode & 0o100) !== 0,
  };
}

export function textEntry(path: string, text: string, executable = false): GuestEntry {
  return { kind: "file", path, content: Buffer.from(text), executable };
}

/** Everything in a folder of this machine, at `path` in the guest. `skip` are paths of this machine. */
export function* treeEntries(
  path: string,
  source: string,
  skip: readonly string[] = [],
): Generator<GuestEntry> {
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [inner, outer] = [join(path, entry.name), join(source, entry.name)];
    if (skip.includes(outer)) continue;
    if (entry.isDirectory()) yield* treeEntries(inner, outer, skip);
    if (entry.isSymbolicLink()) yield { kind: "link", path: inner, target: readlinkSync(outer) };
    if (entry.isFile()) yield fileEntry(inner, outer);
  }
}

/** A program of this machine by its path, as `/usr/bin/NAME`, and the shared libraries that it needs. */
export async function programEntries(name: string, file: string): Promise<readonly GuestEntry[]> {
  return [fileEntry(join("usr/bin", name), file), ...(await libraryEntries(file))];
}

/** The shared libraries that a program or a library needs. */
export async function libraryEntries(file: string): Promise<readonly GuestEntry[]> {
  const libraries = parseLibraries(await runTool("ldd", [file]));
  return libraries.map((library) => fileEntry(relative("/", library), library));
}

/** The files that ldd names: `libc.so.6 => /lib/... (0x...)`, and the loader `/lib64/... (0x...)`. */
export function parseLibraries(output: string): readonly string[] {
  return output.split("\n").flatMap((line) => /(?:=> |^\s*)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
