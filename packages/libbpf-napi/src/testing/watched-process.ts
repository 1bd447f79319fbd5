import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiledBefore } from "./compile-fixture.ts";

const source = fileURLToPath(new URL("../../fixtures/probed.c", import.meta.url));

const name = "watched";

/** fixtures/probed.c, compiled; disposing removes it. */
export interface WatchedProcess extends Disposable {
  readonly file: string;
  /** Runs it once: each of its functions and its static tracepoint. */
  run(): void;
}

export function compileWatchedProcess(): WatchedProcess {
  if (compiledBefore !== undefined) return watched(join(compiledBefore, name), () => undefined);
  const folder = mkdtempSync(join(tmpdir(), "hdt-watched-"));
  const remove = (): void => rmSync(folder, { recursive: true });
  try {
    return watched(compileWatched(folder), remove);
  } catch (error) {
    remove();
    throw error;
  }
}

function watched(file: string, dispose: () => void): WatchedProcess {
  return { file, run: () => void execFileSync(file), [Symbol.dispose]: dispose };
}

/** Compiles it into a folder, and gives its path. */
export function compileWatched(folder: string): string {
  const file = join(folder, name);
  execFileSync("clang-19", ["-O1", source, "-o", file]);
  return file;
}
