import { describe, expect, it } from "vitest";
import { encodeCpio, type GuestEntry } from "./cpio.ts";

function file(path: string, text: string, executable = false): GuestEntry {
  return { kind: "file", path, content: Buffer.from(text), executable };
}

function encode(...entries: readonly GuestEntry[]): Buffer {
  return Buffer.concat([...encodeCpio(entries)]);
}

/** The names in an archive, read by the format's own lengths. */
function namesIn(archive: Buffer): readonly string[] {
  const names: string[] = [];
  for (let offset = 0; offset < archive.length;) {
    const field = (index: number): number =>
      Number.parseInt(
        archive.toString("latin1", offset + 6 + 8 * index, offset + 14 + 8 * index),
        16,
      );
    expect(archive.toString("latin1", offset, offset + 6)).toBe("070701");
    const [size, nameLength] = [field(6), field(11)];
    names.push(archive.toString("utf8", offset + 110, offset + 110 + nameLength - 1));
    offset = aligned(aligned(offset + 110 + nameLength) + size);
  }
  return names;
}

function aligned(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

describe("an archive", () => {
  it("is what the format says, byte by byte", () => {
    const text = encode(file("a", "hey", true)).toString("latin1");
    const [magic, inode, mode] = [text.slice(0, 6), text.slice(6, 14), text.slice(14, 22)];
    expect([magic, inode, mode]).toEqual(["070701", "00000001", "000081ed"]);
    expect(text.slice(54, 62)).toBe("00000003");
    expect(text.slice(110, 116)).toBe("a\0hey\0");
  });

  it("has folders before what is in them, each once", () => {
    const archive = encode(file("a/b/one", "1"), file("a/b/two", "22"), file("a/c", ""));
    expect(namesIn(archive)).toEqual(["a", "a/b", "a/b/one", "a/b/two", "a/c", "TRAILER!!!"]);
  });

  it("keeps the first of entries with one path", () => {
    const archive = encode(file("lib/libc.so.6", "first"), file("lib/libc.so.6", "second"));
    expect(namesIn(archive)).toEqual(["lib", "lib/libc.so.6", "TRAILER!!!"]);
    expect(archive.includes("second")).toBe(false);
  });

  it("is aligned whatever the lengths are", () => {
    const entries = Array.from({ length: 9 }, (_, length) =>
      file("x".repeat(length + 1), "y".repeat(length)),
    );
    expect(namesIn(encode(...entries))).toHaveLength(10);
  });

  it("has links", () => {
    const archive = encode({ kind: "link", path: "bin/sh", target: "busybox" });
    expect(archive.toString("latin1")).toContain("0000a1ff");
    expect(archive.includes("bin/sh\0")).toBe(true);
    expect(archive.includes("busybox")).toBe(true);
  });
});
