import { setTimeout as delay } from "node:timers/promises";
import { attachXdp, deviceIndex, loadObject, type PerCpuMap } from "libbpf-napi";
import { countObject } from "./count.ts";

const [device = "lo", file = "count.bpf.o"] = process.argv.slice(2);

const names = new Map([
  [1, "ICMP"],
  [6, "TCP"],
  [17, "UDP"],
  [58, "ICMPv6"],
  [255, "not IP"],
]);

/** How many packets there were of each protocol: one number per CPU, added up. */
function totals(map: PerCpuMap<number, bigint>): ReadonlyMap<number, bigint> {
  const sums = Array.from({ length: 256 }, (_, protocol) => {
    return [protocol, map.fold(protocol, (sum, count) => sum + count, 0n) ?? 0n] as const;
  });
  return new Map(sums.filter(([, sum]) => sum > 0n));
}

function show(now: ReadonlyMap<number, bigint>, before: ReadonlyMap<number, bigint>): void {
  for (const [protocol, count] of now) {
    const rate = count - (before.get(protocol) ?? 0n);
    const name = names.get(protocol) ?? `protocol ${String(protocol)}`;
    console.log(`${name.padEnd(14)} ${String(count).padStart(10)} ${String(rate).padStart(8)}/s`);
  }
}

const ended = new AbortController();
process.once("SIGINT", () => ended.abort());

const { maps, programs } = countObject;
await using object = await loadObject(countObject, file);
const ifindex = await deviceIndex(device);
await using _link = await attachXdp(object.program(programs.count.name), { ifindex });
const map = object.perCpuMap(maps.packets);
console.log(`counting at ${device}; Ctrl-C ends it`);

let before = totals(map);
while (!ended.signal.aborted) {
  await delay(1000, undefined, { signal: ended.signal }).catch(() => undefined);
  const now = totals(map);
  console.log("");
  show(now, before);
  before = now;
}
