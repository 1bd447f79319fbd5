/** A binary package of a Debian suite. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Names of the packages that it depends on; of alternatives, the first. */
  readonly depends: readonly string[];
  /** Where its file is in the archive: `pool/main/l/linux/...`. */
  readonly path: string;
  /** Of the file, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** The packages of a suite's `Packages` index, see https://wiki.debian.org/DebianRepository/Format, by name. */
export function parseIndex(text: string): ReadonlyMap<string, DebianPackage> {
  const found = new Map<string, DebianPackage>();
  for (const stanza of text.split("\n\n")) {
    const one = parseStanza(stanza);
    const other = one === undefined ? undefined : found.get(one.name);
    if (one === undefined) continue;
    if (other === undefined || compareVersions(other.version, one.version) < 0) {
      found.set(one.name, one);
    }
  }
  return found;
}

function parseStanza(stanza: string): DebianPackage | undefined {
  const field = (name: string): string =>
    new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1]?.trim() ?? "";
  const [name, version] = [field("Package"), field("Version")];
  const [path, sha256] = [field("Filename"), field("SHA256")];
  if (name === "" || path === "" || sha256 === "") return undefined;
  return { name, version, depends: parseDepends(field("Depends")), path, sha256 };
}

/** `a (= 1), b | c` gives `a` and `b`. */
function parseDepends(text: string): readonly string[] {
  return text.split(",").flatMap((one) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(one)?.[1] ?? []);
}

/**
 * Which of two versions is newer, by their numbers alone: negative when it is `b`. That is enough for
 * the kernel's, which have no epochs and no letters that count.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A `~` begins what is older than nothing, such as `~bpo13+1`. */
function numbersOf(version: string): readonly number[] {
  const [release = ""] = version.split("~");
  return release.split(/\D+/).map(Number);
}
