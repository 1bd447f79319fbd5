import { readFileSync } from "node:fs";

/** The oldest glibc that an addon may ask for: what Node 22 itself asks for, and Debian 10 has. */
const floor = [2, 28] as const;

/** The versions of glibc that a file asks for, as its table of strings names them: `2.14`. */
export function glibcVersions(content: Uint8Array): readonly string[] {
  const names = Buffer.from(content)
    .toString("latin1")
    .matchAll(/GLIBC_(\d+\.\d+(?:\.\d+)?)\0/g);
  return [...new Set(Array.from(names, ([, version = ""]) => version))];
}

/** Makes sure that an addon runs on old systems. @throws when it asks for a newer glibc than the floor */
export function checkGlibcFloor(path: string): void {
  const newer = glibcVersions(readFileSync(path)).filter((version) => isAbove(version));
  if (newer.length === 0) return;
  throw new Error(
    `${path} asks for glibc ${newer.join(", ")}, newer than ${floor.join(".")}: ` +
      "objdump -T shows which functions; give each its old version in tools/addon/native/glibc-floor.h",
  );
}

function isAbove(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > floor[0] || (major === floor[0] && minor > floor[1]);
}
