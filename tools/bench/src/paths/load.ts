import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { toError } from "@heddle/contracts";
import { compileLoadGenerator } from "../compile.ts";
import type { Path } from "./path.ts";

/** What a client does; see native/main.c. */
export interface Load {
  readonly kind: "rr" | "crr" | "udp" | "stream";
  /** Whether the client has a processor of its own. */
  readonly apart: boolean;
  readonly streams?: number;
}

export interface LoadTimes {
  /** Seconds before anything is counted. */
  readonly warmUp: number;
  readonly seconds: number;
}

/** What a client printed: numbers, and the address that the server found itself called by. */
export interface LoadResult {
  readonly numbers: Readonly<Record<string, number>>;
  readonly server: string;
}

/** Beside nothing else in the namespace. */
export const port = "7001";

/** The server's processor is the last, as interrupts and other work tend to be on the first. */
const serverCpu = availableParallelism() - 1;

/** A server that goes with the stack. */
export async function startServer(stack: AsyncDisposableStack, netns: string): Promise<void> {
  const args = [netns, String(serverCpu), "server", port];
  const child = spawn(compileLoadGenerator(), args, { stdio: ["ignore", "pipe", "pipe"] });
  stack.defer(() => end(child));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await said.next();
  if (value !== "ready") throw new Error(`the server did not start: ${errors.trim()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Runs a client against a path's server. */
export async function runLoad(
  path: Path,
  { kind, apart, streams = 1 }: Load,
  { warmUp, seconds }: LoadTimes,
  signal?: AbortSignal,
): Promise<LoadResult> {
  if (apart && serverCpu === 0) throw new Error("it needs two processors, and there is one");
  const cpu = apart ? 0 : serverCpu;
  const args = [path.client, cpu, kind, path.address, port, warmUp, seconds, streams].map(String);
  try {
    const options = signal === undefined ? {} : { signal };
    const { stdout } = await promisify(execFile)(compileLoadGenerator(), args, options);
    return parseResult(stdout);
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(`client: ${reasonOf(error)}`, { cause: error });
  }
}

/** What the client wrote to standard error, where it did. */
function reasonOf(error: unknown): string {
  const { stderr }: Record<string, unknown> = Object(error);
  return typeof stderr === "string" && stderr !== "" ? stderr.trim() : toError(error).message;
}

function parseResult(text: string): LoadResult {
  const { server, ...numbers }: Record<string, unknown> = Object(JSON.parse(text));
  const entries = Object.entries(numbers).map(([name, value]) => [name, Number(value)] as const);
  return { numbers: Object.fromEntries(entries), server: String(server) };
}
