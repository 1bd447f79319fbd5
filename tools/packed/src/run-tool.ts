import { execFileSync } from "node:child_process";

/** Runs a program and gives what it wrote; shows all of it when it fails. */
export function runTool(folder: string, program: string, ...args: readonly string[]): string {
  // What this process was started with is not for whoever has only installed the package.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return execFileSync(program, args, { cwd: folder, env, encoding: "utf8" });
}
