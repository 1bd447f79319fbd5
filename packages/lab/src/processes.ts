import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
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

/**
 * Starts a process that outlives this one, in a network namespace.
 *
 * @throws {LabError} `process-failed` when it cannot be started at all
 */
export async function spawnDetached(plan: SpawnPlan): Promise<ProcessRef> {
  const output = openSync(plan.log, "a");
  try {
    const [program = "", ...args] = enter(plan.netns, plan.hostname, plan.command);
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...plan.env },
      ...(plan.cwd === undefined ? {} : { cwd: plan.cwd }),
    });
    await once(child, "spawn");
    child.unref();
    return refOf(child.pid ?? 0) ?? { pid: child.pid ?? 0, started: "" };
  } catch (error) {
    throw new LabError({
      code: "process-failed",
      operation: "start",
      subject: plan.command.join(" "),
      reason: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  } finally {
    closeSync(output);
  }
}

/** The command line that runs `command` in a network namespace; each program replaces the one before. */
export function enter(
  netns: string,
  hostname: string | undefined,
  command: readonly string[],
): readonly string[] {
  const inNetns = ["nsenter", `--net=${netns}`, "--"];
  if (hostname === undefined) return [...inNetns, ...command];
  const setHostname = 'echo "$0" > /proc/sys/kernel/hostname; exec "$@"';
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

/** Sends the signal; false when the process is gone. */
export function signalProcess(ref: ProcessRef, signal: NodeJS.Signals): boolean {
  if (!isAlive(ref)) return false;
  try {
    return process.kill(ref.pid, signal);
  } catch {
    return false;
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
