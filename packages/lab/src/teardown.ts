import { setTimeout as delay } from "node:timers/promises";
import { deleteNetns, openNetns, RtnetlinkError } from "@heddle/rtnetlink";
import { isAlive, processesIn, type ProcessRef, signalProcess } from "./processes.ts";

/** Milliseconds that processes have between SIGTERM and SIGKILL. */
const grace = 2000;
const interval = 5;

/** Ends processes: first politely. */
export async function endProcesses(processes: readonly ProcessRef[]): Promise<void> {
  for (const ref of processes) signalProcess(ref, "SIGTERM");
  const deadline = performance.now() + grace;
  while (processes.some(isAlive)) {
    if (performance.now() > deadline) {
      for (const ref of processes) signalProcess(ref, "SIGKILL");
    }
    await delay(interval);
  }
}

/** Ends everything that runs in the network namespace, and the namespace. */
export async function endNetns(path: string): Promise<void> {
  const inode = inodeOf(path);
  if (inode !== undefined) await endProcesses(processesIn(new Set([inode])));
  await deleteNetns(path);
}

/** Ends everything that runs in any of the network namespaces, and the namespaces. */
export async function endAllNetns(paths: readonly string[]): Promise<void> {
  const inodes = paths.map(inodeOf).filter((inode) => inode !== undefined);
  await endProcesses(processesIn(new Set(inodes)));
  await Promise.all(paths.map((path) => deleteNetns(path)));
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
