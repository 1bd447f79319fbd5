import { networkInterfaces } from "node:os";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { interfaceIndex } from "@heddle/contracts";
import { attachXdp, openObject, type PerCpuMap, type PerCpuMapSpec, u32, u64 } from "libbpf-napi";

const [device = "lo", file = "count.bpf.o"] = process.argv.slice(2);

/** What the program's map looks like from here. */
const packets: PerCpuMapSpec<number, bigint> = {
  name: "packets",
  type: "percpu_array",
  key: u32,
  value: u64,
  maxEntries: 256,
  flags: 0,
  layout: "",
};

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

if (!(device in networkInterfaces())) throw new Error(`there is no device ${device} that is up`);
const ifindex = interfaceIndex(Number(readFileSync(`/sys/class/net/${device}/ifindex`, "utf8")));
const ended = new AbortController();
process.once("SIGINT", () => ended.abort());

await using opened = await openObject(file);
await using object = await opened.load();
await using _link = await attachXdp(object.program("count"), { ifindex });
const map = object.perCpuMap(packets);
console.log(`counting at ${device}; Ctrl-C ends it`);

let before = totals(map);
while (!ended.signal.aborted) {
  await delay(1000, undefined, { signal: ended.signal }).catch(() => undefined);
  const now = totals(map);
  console.log("");
  show(now, before);
  before = now;
}
