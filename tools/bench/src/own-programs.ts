import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "@heddle-tools/bpf-build";

/** Compiles `tools/bench/bpf/NAME.bpf.c`, and gives the object's path; it is there until the stack is disposed of. */
export function compileOwn(name: string, stack: AsyncDisposableStack): string {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), `hdt-${name}-`));
  stack.defer(() => {
    rmSync(folder, { recursive: true });
  });
  const source = join(root, "tools/bench/bpf", `${name}.bpf.c`);
  return compile(source, join(folder, `${name}.bpf.o`), root);
}
