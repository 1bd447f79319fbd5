// Compiles every program under bpf/programs into packages/datapath/objects.
//
//   node tools/bpf-build/src/main.ts
//
// Run by Nx (`nx run bpf:bpf`), which skips it while sources and compiler are the same.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { linkObjects } from "libbpf-napi";
import { compile } from "./compile.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sources = join(root, "bpf", "programs");
const target = join(root, "packages", "datapath", "objects");

const scratch = mkdtempSync(join(tmpdir(), "heddle-bpf-"));
try {
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(sources).filter((name) => name.endsWith(".bpf.c"))) {
    const name = basename(file, ".c");
    const compiled = compile(join(sources, file), join(scratch, `${name}.o`), root);
    // Linking one object drops its DWARF sections and keeps BTF.
    const linked = join(target, `.${name}.o.${String(process.pid)}`);
    await linkObjects([compiled], linked);
    renameSync(linked, join(target, `${name}.o`));
  }
} finally {
  rmSync(scratch, { recursive: true });
}
