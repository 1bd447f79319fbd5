import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { LabCommand } from "@heddle/lab";
import type { Terminal } from "./terminal.ts";

/**
 * Signals that somebody sends to this process and means the program. Those of the keyboard reach the program
 * from the terminal.
 */
const forwarded = ["SIGTERM", "SIGHUP"] as const;

/** Runs a program with this terminal as its own, and takes its exit code over. */
export async function execute({ command, env }: LabCommand, terminal: Terminal): Promise<void> {
  const [program = "", ...args] = command;
  const forward = (signal: NodeJS.Signals): void => void child?.kill(signal);
  let child: ChildProcess | undefined;
  // Before the program runs: a signal that comes right after its start would end only this process.
  process.on("SIGINT", leaveToProgram);
  for (const signal of forwarded) process.on(signal, forward);
  try {
    child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
    const [code, signal]: [number | null, NodeJS.Signals | null] = exitOf(
      await once(child, "exit"),
    );
    terminal.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    process.off("SIGINT", leaveToProgram);
    for (const signal of forwarded) process.off(signal, forward);
  }
}

/** Ctrl-C is the program's to handle; this process ends when the program does. */
function leaveToProgram(): void {}

function exitOf(event: readonly unknown[]): [number | null, NodeJS.Signals | null] {
  const [code, signal] = event;
  const name = Object.keys(constants.signals).find((key): key is NodeJS.Signals => key === signal);
  return [typeof code === "number" ? code : null, name ?? null];
}
