import { readFileSync } from "node:fs";
import { loadavg } from "node:os";

/** How busy the machine was. */
export interface Conditions {
  /** Processes that ran or wanted to, in the last minute, those of the benchmark included. */
  readonly load: number;
  /** Of the processors' time, what the host gave to other machines, in percent. */
  readonly steal: number;
}

/** Begins to watch; what it gives tells how it was since then. */
export type Watch = () => () => Conditions;

export const watchMachine: Watch = () => {
  const before = processorTimes(readFileSync("/proc/stat", "utf8"));
  return () => {
    const after = processorTimes(readFileSync("/proc/stat", "utf8"));
    const total = after.total - before.total;
    const steal = total > 0 ? (100 * (after.steal - before.steal)) / total : 0;
    return { load: loadavg()[0] ?? 0, steal };
  };
};

/** The first line of /proc/stat, in ticks: user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)). */
export function processorTimes(stat: string): { readonly total: number; readonly steal: number } {
  const [, ...fields] = (stat.split("\n")[0] ?? "").split(/\s+/).map(Number);
  const times = fields.slice(0, 8);
  return { total: times.reduce((sum, time) => sum + time, 0), steal: times[7] ?? 0 };
}

/** What the benchmark itself can add to the load, and what a host may take, before a round is called disturbed. */
const [ownLoad, tolerableSteal] = [2, 1];

/** Says how many rounds should be distrusted; nothing when there are none. */
export function describeDisturbed(
  rounds: readonly Conditions[],
  processors: number,
): string | undefined {
  const mostLoad = Math.max(processors, ownLoad) + 0.5;
  const disturbed = rounds.filter(({ load, steal }) => load > mostLoad || steal > tolerableSteal);
  if (disturbed.length === 0) return undefined;
  const reason = `a load above ${String(mostLoad)}, or more than ${String(tolerableSteal)} % taken by other machines`;
  return `${String(disturbed.length)} of ${String(rounds.length)} rounds were disturbed (${reason}): see rounds.csv`;
}
