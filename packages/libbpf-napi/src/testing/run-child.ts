import { spawnSync } from "node:child_process";

/** What a process wrote. */
export interface ChildOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end.
 *
 * @throws {Error} when it ends by a signal or with another status than 0, with how, and with what it wrote
 */
export function runChild(file: string, args: readonly string[]): ChildOutput {
  const child = spawnSync(file, args, { encoding: "utf8", timeout: 120_000 });
  const { stdout, stderr, status, signal, error } = child;
  if (status === 0) return { stdout, stderr };
  const end = error?.message ?? signal ?? `exit ${String(status)}`;
  throw new Error(`${file} ended by ${end}: ${stdout}${stderr}`);
}
