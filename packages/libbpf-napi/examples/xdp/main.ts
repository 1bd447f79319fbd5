/**
 * Counts the packets that come in at a device by their IP protocol, and shows each second how many there are,
 * and how many came since. Linux 5.9; docs/tutorials/xdp-counter.md explains it.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c xdp.bpf.c -o xdp.bpf.o
 * node main.ts eth0
 * ```
 */
import { setTimeout as delay } from "node:timers/promises";
import { attachXdp, deviceIndex, openObject, type PerCpuMap, u32, u64 } from "libbpf-napi";

const [device = "lo"] = process.argv.slice(2);

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

await using opened = await openObject("xdp.bpf.o");
await using object = await opened.load();
const ifindex = await deviceIndex(device);
await using _link = await attachXdp(object.program("count"), { ifindex });
const map = object.perCpuMap({ name: "packets", type: "percpu_array", key: u32, value: u64 });
console.log(`counting at ${device}; Ctrl-C ends it`);

let before = totals(map);
while (!ended.signal.aborted) {
  await delay(1000, undefined, { signal: ended.signal }).catch(() => undefined);
  const now = totals(map);
  console.log("");
  show(now, before);
  before = now;
}
