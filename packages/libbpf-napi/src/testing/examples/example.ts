import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { expect, onTestFinished, type TestContext } from "vitest";
import { compileExample, compiledExamples, exampleFile } from "../compile-example.ts";

/** Runs one of the examples, makes what it watches happen, and checks what it says. */
export type ExampleTest = (example: Example, context: TestContext) => Promise<void>;

interface ExampleOptions {
  /** Path of the network namespace to run it in. @defaultValue this process's own */
  readonly netns?: string;
  /** Whether it finds a mounted tracefs, whatever is mounted here. @defaultValue false */
  readonly tracefs?: boolean;
}

export interface Example {
  /** Runs it as a user would, in a process of its own, which ends with the test at the latest. */
  start(args: readonly string[], options?: ExampleOptions): RunningExample;
}

interface RunningExample {
  /** Waits until it has written what matches. */
  shows(pattern: RegExp): Promise<void>;
  /** Ctrl-C; resolves once it has ended. */
  interrupt(): Promise<void>;
  /** Resolves to its exit code. */
  readonly ended: Promise<unknown>;
}

export function exampleOf(name: string, { task }: TestContext): Example {
  // So that what it said is told, and not only that the test took too long.
  const patience = 0.8 * task.timeout;
  return { start: (args, options = {}) => startExample(name, args, options, patience) };
}

const tracing = "/sys/kernel/tracing";
const mountTracefs = `grep -q ' ${tracing} tracefs' /proc/mounts || mount -t tracefs tracefs ${tracing}`;

/** Runs what follows with mounts of its own. */
const withTracefs = ["unshare", "--mount", "bash", "-c", `${mountTracefs}; exec "$0" "$@"`];

function startExample(
  name: string,
  args: readonly string[],
  { netns = "/proc/self/ns/net", tracefs = false }: ExampleOptions,
  patience: number,
): RunningExample {
  const node = [process.execPath, "--conditions=heddle-source", exampleFile(name, "main.ts")];
  const mounted = tracefs ? withTracefs : [];
  const child = spawn("nsenter", [`--net=${netns}`, ...mounted, ...node, ...args], {
    cwd: compiledExamples ?? compileHere(name),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(patience, child.stdout, child.stderr);
  const ended = once(child, "close").then(([code]: readonly unknown[]) => code);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    ended,
    async shows(pattern) {
      await Promise.race([output.has(pattern), ended]);
      // One that has ended says no more, and one that says nothing for long will not.
      const text = output.text();
      if (!pattern.test(text)) expect.fail(`it did not say ${String(pattern)}, but:\n${text}`);
    },
    async interrupt() {
      child.kill("SIGINT");
      await ended;
    },
  };
}

interface Output {
  text(): string;
  /** Resolves once it matches, or after `patience` milliseconds. */
  has(pattern: RegExp): Promise<void>;
}

function collect(patience: number, ...streams: readonly Readable[]): Output {
  const arrivals = new EventEmitter();
  let text = "";
  for (const stream of streams) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      arrivals.emit("part");
    });
  }
  return {
    text: () => text,
    async has(pattern) {
      const signal = AbortSignal.timeout(patience);
      while (!signal.aborted && !pattern.test(text)) {
        await once(arrivals, "part", { signal }).catch(() => undefined);
      }
    },
  };
}

/** In a folder that the test removes. */
function compileHere(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "hdt-example-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  compileExample(name, folder);
  return folder;
}
