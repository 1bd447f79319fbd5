import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { compile as compileBpf } from "@heddle-tools/bpf-build";
import { repository } from "./repository.ts";

const native = join(import.meta.dirname, "../native");
const buildFolder = join(repository, ".heddle/bench/build");
const compiler = "gcc";
const flags = "-std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE".split(" ");

/** The load generator, compiled unless it has been. */
export function compileLoadGenerator(): string {
  const sources = globSync("*.c", { cwd: native, exclude: ["*.bpf.c"] }).toSorted();
  return built("load", [...sources, "load.h"], (file) => {
    const paths = sources.map((source) => join(native, source));
    execFileSync(compiler, [...flags, ...paths, "-o", file], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  });
}

/** The program `native/NAME.bpf.c`, compiled unless it has been. */
export function compileProgram(name: string): string {
  const source = `${name}.bpf.c`;
  return built(name, [source], (file) => compileBpf(join(native, source), file, repository));
}

/** A file that is made once for these sources. Two runs that make it at once do not see each other's halves. */
function built(name: string, sources: readonly string[], make: (file: string) => unknown): string {
  const hash = createHash("sha256").update(flags.join(" "));
  for (const source of sources) hash.update(readFileSync(join(native, source)));
  const file = join(buildFolder, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(file)) return file;
  mkdirSync(buildFolder, { recursive: true });
  const unfinished = `${file}.${String(process.pid)}`;
  make(unfinished);
  renameSync(unfinished, file);
  return file;
}
