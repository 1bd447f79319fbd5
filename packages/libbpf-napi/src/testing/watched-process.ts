import { execFileSync } from "node:child_process";
import { type CompiledProgram, compileProgram } from "./compile-c.ts";

/** fixtures/watched.c, compiled; disposing removes it. */
export interface WatchedProcess extends CompiledProgram {
  /** Runs it once: each of its functions and its static tracepoint. */
  run(): void;
}

export function compileWatchedProcess(): WatchedProcess {
  const program = compileProgram("watched");
  return { ...program, run: () => void execFileSync(program.file) };
}
