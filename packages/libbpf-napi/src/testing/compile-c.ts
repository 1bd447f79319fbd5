import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiledBefore } from "./compile-fixture.ts";

/** A program in C of fixtures/, compiled; disposing removes it. */
export interface CompiledProgram extends Disposable {
  readonly file: string;
}

/** Compiles `fixtures/NAME.c`, which becomes a program called `NAME`. */
export function compileProgram(name: string): CompiledProgram {
  if (compiledBefore !== undefined) {
    return { file: join(compiledBefore, name), [Symbol.dispose]: () => undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), `hdt-${basename(name)}-`));
  const remove = (): void => rmSync(folder, { recursive: true });
  try {
    return { file: compileProgramInto(folder, name), [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Compiles it into a folder, and gives its path. */
export function compileProgramInto(folder: string, name: string): string {
  const source = fileURLToPath(new URL(`../../fixtures/${name}.c`, import.meta.url));
  const file = join(folder, name);
  execFileSync("clang-19", ["-O1", "-Wall", "-Werror", source, "-o", file]);
  return file;
}
