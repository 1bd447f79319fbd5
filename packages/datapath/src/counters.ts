import type { PerCpuMap } from "libbpf-napi";
import {
  type Counter,
  CounterBound,
  type HookName,
  hookName,
  type ReasonName,
  reasonName,
} from "./generated/bpf.ts";

/** How many packets met one end at one hook. */
export interface PacketCount {
  readonly hook: HookName;
  readonly reason: ReasonName;
  readonly packets: bigint;
  /** Of IP packets, headers included. */
  readonly bytes: bigint;
}

/** All counts that are not zero. Costs a read of the map `counters` from all CPUs. */
export function readCounters(map: PerCpuMap<number, Counter>): readonly PacketCount[] {
  const counts: PacketCount[] = [];
  for (let index = 0; index < map.maxEntries; index++) {
    const hook = hookName(Math.floor(index / CounterBound.reasons));
    const reason = reasonName(index % CounterBound.reasons);
    if (hook === undefined || reason === undefined) continue;
    const sum = map.fold(index, addCounters, { packets: 0n, bytes: 0n });
    if (sum !== undefined && sum.packets > 0n) counts.push({ hook, reason, ...sum });
  }
  return counts;
}

function addCounters(sum: Counter, counter: Counter): Counter {
  return { packets: sum.packets + counter.packets, bytes: sum.bytes + counter.bytes };
}
