import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packageDir = fileURLToPath(new URL("../..", import.meta.url));
const headers = join(packageDir, "../../.heddle/cache/libbpf-headers");
const clang = "clang-19";
/** Where `asm/types.h` is on Debian. */
const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
const compileFlags = [
  "-target",
  "bpf",
  "-O2",
  "-g",
  "-Wall",
  "-Werror",
  "-mcpu=v3",
  `-I${headers}`,
  `-I${join(headers, "uapi")}`,
  `-idirafter/usr/include/${machine}-linux-gnu`,
];

/** Compiles `fixtures/NAME.bpf.c` and returns the object file's bytes. */
export function compileFixture(name: string, ...flags: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "hdt-bpf-"));
  const object = join(folder, `${name}.bpf.o`);
  try {
    compileSource(join(packageDir, "fixtures", `${name}.bpf.c`), object, ...flags);
    return new Uint8Array(readFileSync(object));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Compiles a C file into an object file. */
export function compileSource(source: string, object: string, ...flags: readonly string[]): void {
  execFileSync(clang, [...compileFlags, ...flags, "-c", source, "-o", object], {
    stdio: ["ignore", "ignore", "pipe"],
  });
}
