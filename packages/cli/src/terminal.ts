import { once } from "node:events";

/** The process around a command: where it writes, and what ends it. */
export interface Terminal {
  /** Writes a line, or several, to stdout. */
  out(text: string): void;
  /** Fulfilled when no more of what was written is waiting than should: for those who write without end. */
  ready(): Promise<void>;
  /** Writes a line, or several, to stderr. */
  err(text: string): void;
  /** Whether stdout is looked at by a person who wants colours. */
  readonly colours: boolean;
  /** What the process ends with: 0 for fine, 1 for a failure, 2 for a bad command line. */
  exitCode: number;
  /**
   * Aborted by Ctrl-C, and when nobody reads stdout any more. For commands that go on until then; for
   * others, Ctrl-C ends the process.
   */
  untilEnded(): AbortSignal;
}

/** The terminal, or what stands in for it, of this process. */
export function processTerminal(): Terminal {
  const ended = new AbortController();
  const { stdout, stderr } = process;
  const terminal: Terminal = {
    out(text) {
      if (stdout.writable) stdout.write(`${text}\n`);
    },
    async ready() {
      // Nobody reads any more where it rejects, which `untilEnded` tells.
      if (stdout.writableNeedDrain) await once(stdout, "drain").catch(() => undefined);
    },
    err: (text) => void stderr.write(`${text}\n`),
    colours: stdout.isTTY && stdout.hasColors(),
    exitCode: 0,
    untilEnded() {
      process.once("SIGINT", () => ended.abort());
      return ended.signal;
    },
  };
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    ended.abort();
    // `heddle observe | head` has seen enough.
    if (error.code === "EPIPE") return;
    terminal.err(`heddle: write to stdout: ${error.message}`);
    process.exitCode = 1;
  });
  // There is nowhere left to tell of it, and what was asked goes on.
  stderr.on("error", () => undefined);
  return terminal;
}
