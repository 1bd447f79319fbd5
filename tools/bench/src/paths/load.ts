import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { toError } from "@heddle/contracts";
import { openNetns, sysctl } from "@heddle/rtnetlink";
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

/** Those that this process may use. */
const cpus = parseList(
  /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0",
);

/** The server's is the last, as interrupts and other work tend to be on the first, which is the client's. */
const [clientCpu = 0, serverCpu = 0] = [cpus.at(0), cpus.at(-1)];

/** The numbers of `0-3,8`. */
function parseList(text: string): readonly number[] {
  return text.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/**
 * Gives the two ends the same settings on every machine: ports for as many connections as a sample makes, so that
 * none is waited for, and a congestion control that does not pace. One that does (BBR) paces by the rate that it
 * believes in, which between namespaces has little to do with the path. Every kernel has Reno, and lets every
 * namespace choose it; without losses it does what CUBIC does.
 */
export async function settleEnds({ client, server }: Path): Promise<void> {
  for (const path of [client, server]) {
    using netns = openNetns(path);
    const settings = sysctl(netns);
    await settings.set("net/ipv4/ip_local_port_range", "1024 65000");
    await settings.set("net/ipv4/tcp_congestion_control", "reno");
  }
}

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
  if (apart && cpus.length < 2) throw new Error("it needs two processors, and there is one");
  const cpu = apart ? clientCpu : serverCpu;
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
