import { run } from "../run.ts";
import type { Terminal } from "../terminal.ts";

/** What a command wrote, and what it ended with. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Stands for Ctrl-C. */
  readonly ended?: AbortSignal;
  /** Hears of each text that is written to stdout. */
  readonly onOut?: (text: string) => void;
}

/** Runs a command line in this process. */
export async function runHere(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { ended = new AbortController().signal, onOut } = options;
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out(text) {
      out.push(`${text}\n`);
      onOut?.(text);
    },
    ready: () => Promise.resolve(),
    err: (text) => void err.push(`${text}\n`),
    colours: false,
    exitCode: 0,
    untilEnded: () => ended,
  };
  const code = await run(args, terminal);
  return { code, stdout: out.join(""), stderr: err.join("") };
}
