import { setTimeout as delay } from "node:timers/promises";
import { deleteNetns, openNetns, RtnetlinkError } from "@heddle/rtnetlink";
import { LabError } from "./lab-error.ts";
import { isAlive, processesIn, type ProcessRef, sessionsOf, signalProcess } from "./processes.ts";

/** Milliseconds that processes of pods have between SIGTERM and SIGKILL. */
const defaultGrace = 2000;
/** Milliseconds after which processes that SIGKILL does not end are given up. */
const patience = 8000;
const interval = 10;

/** Ends a process, which has `grace` milliseconds to do so by itself. */
export async function endProcess(ref: ProcessRef, grace: number): Promise<void> {
  await endAll(() => (isAlive(ref) ? [ref] : []), grace);
}

/** Ends the processes of a session, as {@link sessionsOf} finds them in a network namespace. */
export async function endSessions(leaders: readonly ProcessRef[], netns: string): Promise<void> {
  const inode = inodeOf(netns);
  if (inode !== undefined) await endAll(() => sessionsOf(leaders, inode));
}

/** Ends everything that runs in the network namespace, and the namespace. */
export async function endNetns(path: string): Promise<void> {
  await endAllNetns([path]);
}

/** Ends everything that runs in any of the network namespaces, and the namespaces. */
export async function endAllNetns(paths: readonly string[]): Promise<void> {
  await endRunningIn(paths);
  await Promise.all(paths.map((path) => deleteNetns(path)));
}

/** Ends everything that runs in any of the network namespaces. */
export async function endRunningIn(paths: readonly string[]): Promise<void> {
  const inodes = new Set(paths.map(inodeOf).filter((inode) => inode !== undefined));
  if (inodes.size > 0) await endAll(() => processesIn(inodes));
}

/**
 * Ends processes, first politely, and looks again until there are none: what is asked to end may start
 * another.
 */
async function endAll(find: () => readonly ProcessRef[], grace = defaultGrace): Promise<void> {
  const asked = new Set<number>();
  const started = performance.now();
  for (let found = find(); found.length > 0; found = find()) {
    const waited = performance.now() - started;
    if (waited > grace + patience) throw unending(found);
    for (const ref of found) {
      if (waited > grace) signalProcess(ref, "SIGKILL");
      else if (!asked.has(ref.pid)) signalProcess(ref, "SIGTERM");
      asked.add(ref.pid);
    }
    await delay(interval);
  }
}

/** Undefined where nothing is mounted, or there is no such file. */
function inodeOf(path: string): number | undefined {
  try {
    using netns = openNetns(path);
    return netns.inode;
  } catch (error) {
    if (error instanceof RtnetlinkError && error.code === "namespace-missing") return undefined;
    throw error;
  }
}

function unending(processes: readonly ProcessRef[]): LabError {
  const numbers = processes.map(({ pid }) => String(pid)).join(", ");
  return new LabError({
    code: "process-failed",
    operation: "end",
    subject: processes.length === 1 ? `process ${numbers}` : `processes ${numbers}`,
    reason: `SIGTERM and SIGKILL did not in ${String(patience / 1000)} s`,
    hint: `ps -o pid,stat,wchan,args -p ${numbers.replaceAll(" ", "")} tells what they wait for`,
  });
}
