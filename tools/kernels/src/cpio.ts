/** Something in the guest's file system. Paths are relative to its root, without a slash in front. */
export type GuestEntry =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly content: Uint8Array;
      readonly executable: boolean;
    };

const fileTypes = { folder: 0o040_000, link: 0o120_000, file: 0o100_000 } as const;

/**
 * A file system as the kernel unpacks it before its first process: cpio's format `newc`, as
 * Documentation/driver-api/early-userspace/buffer-format.rst of Linux specifies it. Folders that
 * nobody named are put before what is in them; of entries with the same path the first one counts.
 */
export function* encodeCpio(entries: Iterable<GuestEntry>): Generator<Uint8Array> {
  const known = new Set<string>();
  let inode = 0;
  for (const entry of entries) {
    for (const path of foldersOf(entry.path)) {
      if (known.has(path)) continue;
      known.add(path);
      yield* encodeEntry({ kind: "folder", path }, ++inode);
    }
    if (known.has(entry.path)) continue;
    known.add(entry.path);
    yield* encodeEntry(entry, ++inode);
  }
  yield header({ inode: 0, mode: 0, links: 1, size: 0, path: "TRAILER!!!" });
}

/** `a` and `a/b` of `a/b/c`. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function* encodeEntry(entry: GuestEntry, inode: number): Generator<Uint8Array> {
  const content = contentOf(entry);
  const mode = fileTypes[entry.kind] | permissions(entry);
  const links = entry.kind === "folder" ? 2 : 1;
  yield header({ inode, mode, links, size: content.length, path: entry.path });
  yield content;
  yield new Uint8Array(paddingAfter(content.length));
}

function contentOf(entry: GuestEntry): Uint8Array {
  if (entry.kind === "file") return entry.content;
  return Buffer.from(entry.kind === "link" ? entry.target : "");
}

function permissions(entry: GuestEntry): number {
  if (entry.kind === "link") return 0o777;
  return entry.kind === "folder" || entry.executable ? 0o755 : 0o644;
}

interface Header {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly path: string;
}

/** Thirteen numbers of eight hexadecimal digits after the magic, then the name; padded to four bytes. */
function header({ inode, mode, links, size, path }: Header): Uint8Array {
  const name = Buffer.from(`${path}\0`);
  const owner = [0, 0];
  const time = 0;
  const devices = [0, 0, 0, 0];
  const fields = [inode, mode, ...owner, links, time, size, ...devices, name.length, 0];
  const digits = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  const text = Buffer.from(`070701${digits}`);
  return Buffer.concat([text, name, new Uint8Array(paddingAfter(text.length + name.length))]);
}

function paddingAfter(length: number): number {
  return (4 - (length % 4)) % 4;
}
