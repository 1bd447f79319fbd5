import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { toError } from "@heddle/contracts";
import { isErrno } from "./errno.ts";
import { LabError } from "./lab-error.ts";

/** A process that can still be told from another that got its number later. */
export interface ProcessRef {
  readonly pid: number;
  /** When it started, in clock ticks since boot: field 22 of proc_pid_stat(5). */
  readonly started: string;
}

export interface SpawnPlan {
  readonly command: readonly string[];
  /** The network namespace's path. */
  readonly netns: string;
  /** The host name that the process sees; it gets a UTS namespace of its own. */
  readonly hostname?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** The file that stdout and stderr are appended to. */
  readonly log: string;
}

/** A process that was started. */
export interface SpawnedProcess {
  readonly ref: ProcessRef;
  /** How it ended: `code 1` or `SIGKILL`. This process waits until it has. */
  ended(): Promise<string>;
}

/**
 * Starts a process that outlives this one, in a network namespace.
 *
 * @throws {LabError} `process-failed` when it cannot be started at all
 */
export async function spawnDetached(plan: SpawnPlan): Promise<SpawnedProcess> {
  const output = openSync(plan.log, "a");
  try {
    requireFolder(plan.cwd);
    const [program = "", ...args] = enter(plan.netns, plan.hostname, plan.command);
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...plan.env },
      ...(plan.cwd === undefined ? {} : { cwd: plan.cwd }),
    });
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    child.once("exit", (code, signal) => resolve(signal ?? `code ${String(code)}`));
    await once(child, "spawn");
    child.unref();
    const pid = child.pid ?? 0;
    return {
      ref: refOf(pid) ?? { pid, started: "" },
      ended: () => {
        child.ref();
        return ended;
      },
    };
  } catch (error) {
    throw new LabError({
      code: "process-failed",
      operation: "start",
      subject: plan.command.join(" "),
      reason: toError(error).message,
      cause: error,
    });
  } finally {
    closeSync(output);
  }
}

/** Spawning would fail as if there were no such program. */
function requireFolder(cwd: string | undefined): void {
  if (cwd === undefined || statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new Error(`its working folder ${cwd} is not there`);
}

/** Goes on to the command, which it is followed by. The kernel takes no more of a host name than 64 bytes. */
const setHostname = 'echo "$0" > /proc/sys/kernel/hostname; exec "$@"';

/** Whether the process is on its way to the command that {@link enter} was given. */
export function isEntering(ref: ProcessRef): boolean {
  return isAlive(ref) && readProc(ref.pid, "cmdline")?.includes(setHostname) === true;
}

/** The command line that runs `command` in a network namespace; each program replaces the one before. */
export function enter(
  netns: string,
  hostname: string | undefined,
  command: readonly string[],
): readonly string[] {
  const inNetns = ["nsenter", `--net=${netns}`, "--"];
  if (hostname === undefined) return [...inNetns, ...command];
  return [...inNetns, "unshare", "--uts", "--", "sh", "-c", setHostname, hostname, ...command];
}

/** The process with this number, or `undefined` when there is none or it is a zombie. */
export function refOf(pid: number): ProcessRef | undefined {
  return lookAt(pid)?.ref;
}

/** Whether the process still runs. */
export function isAlive(ref: ProcessRef): boolean {
  return refOf(ref.pid)?.started === ref.started;
}

/** The processes whose network namespace is one of `inodes`, but for this one. */
export function processesIn(inodes: ReadonlySet<number>): ProcessRef[] {
  return runningIn(inodes).map(({ ref }) => ref);
}

/**
 * What was started with {@link spawnDetached} and what that started in turn, also when it has ended itself:
 * the sessions that they lead. In the namespace only, since another session may have got the number.
 */
export function sessionsOf(leaders: readonly ProcessRef[], inode: number): ProcessRef[] {
  const sessions = new Set(leaders.map(({ pid }) => pid));
  return runningIn(new Set([inode]))
    .filter(({ session }) => sessions.has(session))
    .map(({ ref }) => ref);
}

interface RunningProcess {
  readonly ref: ProcessRef;
  /** The number of the process that leads, or led, its session. */
  readonly session: number;
}

function runningIn(inodes: ReadonlySet<number>): readonly RunningProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && inodes.has(netnsInode(pid) ?? -1))
    .flatMap((pid) => lookAt(pid) ?? []);
}

/** Fields of proc_pid_stat(5): 3, the state, 6 and 22. */
function lookAt(pid: number): RunningProcess | undefined {
  const stat = readProc(pid, "stat");
  // The name, in parentheses, may hold anything; the fields that follow it start with the state.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
  return { ref: { pid, started: fields[19] ?? "" }, session: Number(fields[3]) };
}

/**
 * Sends the signal; false when the process is gone.
 *
 * @throws {LabError} `not-root` when it is another user's
 */
export function signalProcess(ref: ProcessRef, signal: NodeJS.Signals): boolean {
  if (!isAlive(ref)) return false;
  try {
    return process.kill(ref.pid, signal);
  } catch (error) {
    if (isErrno(error, "ESRCH")) return false;
    throw new LabError({
      code: "not-root",
      operation: `send ${signal} to`,
      subject: `process ${String(ref.pid)}`,
      reason: toError(error).message,
      hint: "run it with sudo",
      cause: error,
    });
  }
}

function netnsInode(pid: number): number | undefined {
  try {
    const inode = /^net:\[([0-9]+)\]$/.exec(readlinkSync(`/proc/${String(pid)}/ns/net`))?.[1];
    return inode === undefined ? undefined : Number(inode);
  } catch {
    return undefined;
  }
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
