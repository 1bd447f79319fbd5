import {
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FolderReader } from "./folder-files.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "files-"))));
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const path = (name: string): string => join(folder, name);

async function texts(reader: FolderReader): Promise<Readonly<Record<string, string>>> {
  const read = await reader.read();
  if ("problem" in read) throw new Error(read.problem.reason);
  const entries = [...read.files].map(([name, content]) => {
    return [name, "text" in content ? content.text : content.problem.reason] as const;
  });
  return Object.fromEntries(entries);
}

/** As if the machine's clock had gone on, so that what was written is long ago. */
function later(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
}

describe("a folder that is read again", () => {
  it("does not read what has not changed for a while", async () => {
    const reader = new FolderReader(folder);
    for (const name of ["a.yaml", "b.yaml"]) writeFileSync(path(name), "one");
    later();
    expect(await texts(reader)).toEqual({ "a.yaml": "one", "b.yaml": "one" });
    writeFileSync(path("b.yaml"), "two");
    expect(await texts(reader)).toEqual({ "a.yaml": "one", "b.yaml": "two" });
    expect(reader.filesRead).toBe(3);
  });

  it("reads what may have been written again within the same tick of the file system's clock", async () => {
    const reader = new FolderReader(folder);
    writeFileSync(path("a.yaml"), "one");
    const { atime, mtime } = statSync(path("a.yaml"));
    expect(await texts(reader)).toEqual({ "a.yaml": "one" });
    writeFileSync(path("a.yaml"), "two");
    utimesSync(path("a.yaml"), atime, mtime);
    expect(await texts(reader)).toEqual({ "a.yaml": "two" });
  });

  it.each([
    ["is written in place", () => writeFileSync(path("a.yaml"), "two")],
    [
      "is replaced by renaming, by a file of the same size and age",
      () => {
        const { atime, mtime } = statSync(path("a.yaml"));
        writeFileSync(path("b"), "two");
        utimesSync(path("b"), atime, mtime);
        renameSync(path("b"), path("a.yaml"));
      },
    ],
    [
      "becomes a link to another one",
      () => {
        writeFileSync(path("b"), "two");
        rmSync(path("a.yaml"));
        symlinkSync("b", path("a.yaml"));
      },
    ],
  ])("reads what %s", async (_, change) => {
    const reader = new FolderReader(folder);
    writeFileSync(path("a.yaml"), "one");
    later();
    expect(await texts(reader)).toEqual({ "a.yaml": "one" });
    change();
    expect(await texts(reader)).toEqual({ "a.yaml": "two" });
  });

  it("reads what could not be read before, and forgets what went", async () => {
    const reader = new FolderReader(folder);
    symlinkSync("b", path("a.yaml"));
    later();
    expect(await texts(reader)).toEqual({ "a.yaml": "the link points to nothing" });
    writeFileSync(path("b"), "one");
    expect(await texts(reader)).toEqual({ "a.yaml": "one" });
    rmSync(path("a.yaml"));
    expect(await texts(reader)).toEqual({});
  });
});
