import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../../fixtures/probed.c", import.meta.url));

/** fixtures/probed.c, compiled; disposing removes it. */
export interface WatchedProcess extends Disposable {
  readonly file: string;
  /** Runs it once: each of its functions and its static tracepoint. */
  run(): void;
}

export function compileWatchedProcess(): WatchedProcess {
  const folder = mkdtempSync(join(tmpdir(), "hdt-watched-"));
  const file = join(folder, "watched");
  const remove = (): void => rmSync(folder, { recursive: true });
  try {
    execFileSync("clang-19", ["-O1", source, "-o", file]);
  } catch (error) {
    remove();
    throw error;
  }
  return { file, run: () => void execFileSync(file), [Symbol.dispose]: remove };
}
