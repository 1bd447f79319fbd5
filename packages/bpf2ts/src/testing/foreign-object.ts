import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateObjects, type ObjectsOptions } from "../generate-objects.ts";
import type { GeneratedFile } from "../generated-file.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const headers = join(root, ".heddle/cache/libbpf-headers");
const machine = process.arch === "arm64" ? "aarch64" : "x86_64";

/** A program that was written without a thought of TypeScript. */
export interface ForeignProgram {
  /** The C file, relative to the package. */
  readonly source: string;
  /** The generated file, relative to the package. */
  readonly generated: string;
  readonly events: Readonly<Record<string, string>>;
}

/** The programs whose generated files are part of the repository, so that tests are typed by them. */
export const foreignPrograms: readonly ForeignProgram[] = [
  {
    source: "fixtures/kinds.bpf.c",
    generated: "src/testing/generated/kinds.ts",
    events: { events: "event", perf_events: "event", commands: "struct command" },
  },
  { source: "fixtures/plain.bpf.c", generated: "src/testing/generated/plain.ts", events: {} },
  {
    source: "examples/xdp-counter/count.bpf.c",
    generated: "examples/xdp-counter/count.ts",
    events: {},
  },
];

/** The path of something of this package. */
export function packagePath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** A new folder inside the repository, where generated code finds the workspace's packages. */
export function scratchFolder(): { readonly path: string } & Disposable {
  const parent = join(root, ".heddle/tmp");
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(join(parent, "hdt-bpf2ts-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Compiles a C file of this package into a folder, and gives the path of the object. */
export function compileInto(folder: string, source: string): string {
  const object = join(folder, basename(source).replace(/\.c$/, ".o"));
  const include = [
    `-I${headers}`,
    `-I${headers}/uapi`,
    `-idirafter/usr/include/${machine}-linux-gnu`,
  ];
  const flags = ["-target", "bpf", "-O2", "-g", "-Wall", "-Werror", "-mcpu=v3"];
  execFileSync("clang-19", [...flags, ...include, "-c", packagePath(source), "-o", object]);
  return object;
}

/** The object's bytes. */
export function compileProgram(source: string): Uint8Array {
  using folder = scratchFolder();
  return new Uint8Array(readFileSync(compileInto(folder.path, source)));
}

/** What is generated of a program, which is compiled for it. */
export function generateForeign(
  { source, generated, events }: ForeignProgram,
  changes: Partial<ObjectsOptions> = {},
): readonly GeneratedFile[] {
  using folder = scratchFolder();
  return generateObjects({
    objects: [compileInto(folder.path, source)],
    out: packagePath(generated),
    sources: [packagePath(source)],
    events,
    ...changes,
  });
}
