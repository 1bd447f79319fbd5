import type { PerCpuMap } from "libbpf-napi";
import { type Counters, Tally } from "./counters.ts";
import { ConnCounter } from "./generated/bpf.ts";
import type { ConntrackMaps } from "./kernel-maps.ts";
import { outcomeNumbers, removalNumbers } from "./kernel-outcome.ts";

/** All that the programs counted. Costs a read of each counter from all CPUs. */
export function readCounters(map: PerCpuMap<number, bigint>): Counters {
  const tally = new Tally();
  for (const [number, kind] of outcomeNumbers) {
    tally.countOutcome(kind, sumOf(map, ConnCounter.outcomes + number));
  }
  for (const [number, removal] of removalNumbers) {
    tally.countRemoval(removal, sumOf(map, ConnCounter.removals + number));
  }
  return tally.snapshot();
}

/** Removed connections of which nobody could be told. */
export function readLost(map: PerCpuMap<number, bigint>): number {
  return sumOf(map, ConnCounter.lost);
}

/** What source NAT does, and what it could not do since the maps were made. */
export interface SourceNatCounters {
  /** Connections in the table that leave with another source. */
  readonly translated: number;
  /** Packets dropped for having a source that is to be translated, and belonging to no connection. */
  readonly leaks: number;
  /** Connections that were translated, but whose ports are in no account: there were too many destinations. */
  readonly uncounted: number;
}

export function readSourceNatCounters({
  counters,
  gauges,
}: Pick<ConntrackMaps, "counters" | "gauges">): SourceNatCounters {
  return {
    translated: Number(gauges.get(0)?.translated ?? 0n),
    leaks: sumOf(counters, ConnCounter.leaks),
    uncounted: sumOf(counters, ConnCounter.uncounted),
  };
}

function sumOf(map: PerCpuMap<number, bigint>, index: number): number {
  return Number(map.fold(index, (sum, each) => sum + each, 0n) ?? 0n);
}
