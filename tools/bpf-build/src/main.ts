// Compiles the programs under bpf/programs into the objects that bpf/bpf2ts.config.ts names, each in its package.
//
//   node tools/bpf-build/src/main.ts
//
// Run by Nx (`nx run bpf:bpf`), which skips it while sources and compiler are the same.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { linkObjects } from "libbpf-napi";
import config from "../../../bpf/bpf2ts.config.ts";
import { compile } from "./compile.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sources = join(root, "bpf", "programs");
const objects = config.objects.map(({ file }) => resolve(root, "bpf", file));

const named = new Set(objects.map((file) => `${basename(file, ".o")}.c`));
for (const file of readdirSync(sources).filter((name) => name.endsWith(".bpf.c"))) {
  if (named.has(file)) continue;
  throw new Error(`bpf/programs/${file} has no package: name its object in bpf/bpf2ts.config.ts`);
}

const scratch = mkdtempSync(join(tmpdir(), "heddle-bpf-"));
try {
  for (const object of objects) {
    const name = basename(object, ".o");
    const compiled = compile(join(sources, `${name}.c`), join(scratch, `${name}.o`), root);
    mkdirSync(dirname(object), { recursive: true });
    // Linking one object drops its DWARF sections and keeps BTF.
    const linked = join(dirname(object), `.${name}.o.${String(process.pid)}`);
    await linkObjects([compiled], linked);
    renameSync(linked, object);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
