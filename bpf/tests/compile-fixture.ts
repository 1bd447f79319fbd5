import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "@heddle-tools/bpf-build";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A folder that {@link compileInto} filled, for machines without a compiler: those of the kernel matrix. */
const compiledBefore = process.env["HEDDLE_FIXTURES"];

/** Compiles `fixtures/NAME.bpf.c`, and gives the object's path. */
export function compileFixture(name: string, remove: (folder: string) => void): string {
  if (compiledBefore !== undefined) return join(compiledBefore, `${name}.bpf.o`);
  const folder = mkdtempSync(join(tmpdir(), `hdt-${name}-`));
  remove(folder);
  return compileInto(folder, name);
}

/** Compiles it into a folder, and gives the object's path. */
export function compileInto(folder: string, name: string): string {
  const source = fileURLToPath(new URL(`fixtures/${name}.bpf.c`, import.meta.url));
  return compile(source, join(folder, `${name}.bpf.o`), root);
}
