import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const packageDir = fileURLToPath(new URL("../..", import.meta.url));
const fixtures = join(packageDir, "fixtures");
/** Those of libbpf, and below `uapi` the kernel's that it brings. */
export const headers: string = join(packageDir, "../../.heddle/cache/libbpf-headers");
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
  // Whose registers bpf_tracing.h reads.
  `-D__TARGET_ARCH_${process.arch === "arm64" ? "arm64" : "x86"}`,
];

/** What tests compile a fixture with beside the flags above. */
const variants: readonly (readonly [name: string, ...flags: readonly string[]])[] = [
  ["counter", "-Dlength=octets"],
  ["variables", "-DMISSING_OPTION"],
  ["variables", "-DWEAK_OPTIONS"],
  ["variables", "-DMISSING_FUNCTION"],
  ["variables", "-DMISSING_VARIABLE"],
];

/** A folder that {@link compileAll} filled, for machines without a compiler: those of the kernel matrix. */
export const compiledBefore: string | undefined = process.env["HEDDLE_FIXTURES"];

/** Compiles `fixtures/NAME.bpf.c` and returns the object file's bytes. */
export function compileFixture(name: string, ...flags: readonly string[]): Uint8Array {
  if (compiledBefore !== undefined) {
    return new Uint8Array(readFileSync(join(compiledBefore, objectName(name, flags))));
  }
  const folder = mkdtempSync(join(tmpdir(), "hdt-bpf-"));
  const object = join(folder, objectName(name, flags));
  try {
    compileSource(join(fixtures, `${name}.bpf.c`), object, ...flags);
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

/** Compiles every fixture, and every one of {@link variants}, into a folder. */
export function compileAll(folder: string): void {
  const plain = globSync("*.bpf.c", { cwd: fixtures }).map((file) => [basename(file, ".bpf.c")]);
  for (const [name = "", ...flags] of [...plain, ...variants]) {
    writeFileSync(join(folder, objectName(name, flags)), compileFixture(name, ...flags));
  }
}

function objectName(name: string, flags: readonly string[]): string {
  return `${[name, ...flags].join(" ")}.bpf.o`;
}
