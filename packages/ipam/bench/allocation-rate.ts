// What a million allocations cost, in seconds and bytes, what one costs in a pool that is nearly empty or nearly full, and
// what a hundred thousand node prefixes of a cluster cost:
//
//   node --conditions=heddle-source packages/ipam/bench/allocation-rate.ts [--json] [COUNT]
//
// Each is the best of three runs, since other programs use the machine too. CPU time includes the garbage collector's.
import { cpus } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type IpFamily, parsePrefix, systemClock } from "@heddle/contracts";
import { createClusterPool, createIpam, type Ipam, type IpamOptions } from "@heddle/ipam";

const isJson = process.argv.includes("--json");
const count = Number(process.argv.slice(2).find((text) => text !== "--json") ?? 1_000_000);
const runs = 3;

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** What stays in memory; undefined where nothing is meant to. */
  readonly bytesEach: number | undefined;
  readonly nanosecondsEach: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage: unknown = runInNewContext("gc");

function heap(): number {
  if (typeof collectGarbage === "function") collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Runs `body` on something new each time; the time of `prepare` does not count. */
function measure<T>(
  what: string,
  items: number,
  prepare: () => T,
  body: (made: T) => void,
  keeps: boolean,
): Row {
  let best: Row | undefined;
  for (let run = 0; run < runs; run++) {
    const made = prepare();
    const before = heap();
    const cpu = process.cpuUsage();
    const started = performance.now();
    body(made);
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const bytesEach = keeps ? Math.round((heap() - before) / items) : undefined;
    const nanosecondsEach = Math.round((seconds / items) * 1e9);
    const row = { what, seconds, cpuSeconds: (user + system) / 1e6, bytesEach, nanosecondsEach };
    if (best === undefined || row.seconds < best.seconds) best = row;
    // What was made is still there when the heap is looked at.
    if (made === undefined) throw new Error("nothing was made");
  }
  if (best === undefined) throw new Error("nothing was measured");
  return best;
}

const pools: readonly (readonly [string, readonly string[], readonly IpFamily[]])[] = [
  ["an IPv4 /8", ["10.0.0.0/8"], [4]],
  ["an IPv6 /64", ["fd00::/64"], [6]],
  ["both", ["10.0.0.0/8", "fd00::/64"], [4, 6]],
];
const strategies = ["first-free", "random"] as const;
const owners = Array.from({ length: count }, (_, index) => `default/pod-${String(index)}`);

function pool(prefixes: readonly string[], strategy: IpamOptions["strategy"] = "first-free"): Ipam {
  return createIpam({ clock: systemClock }, { prefixes: prefixes.map(parsePrefix), strategy });
}

function* fill(): Generator<Row> {
  for (const [name, prefixes, families] of pools) {
    for (const strategy of strategies) {
      yield measure(
        `${String(count)} of ${name}, ${strategy}`,
        count,
        () => pool(prefixes, strategy),
        (ipam) => {
          for (const owner of owners) ipam.allocate(owner, families);
        },
        true,
      );
    }
  }
}

/** An allocation and its release, where a share of the pool has been given out. */
function* atShare(share: number): Generator<Row> {
  const pairs = 100_000;
  // Always another owner: a name that comes back to a Map again and again collides with what it left there.
  const others = Array.from({ length: pairs }, (_, index) => `default/late-${String(index)}`);
  for (const strategy of strategies) {
    yield measure(
      `allocate and release, ${String(share * 100)} % of an IPv4 /12 in use, ${strategy}`,
      pairs,
      () => {
        const ipam = pool(["10.0.0.0/12"], strategy);
        const used = Math.floor(2 ** 20 * share);
        for (let index = 0; index < used; index++) ipam.allocate(String(index), [4]);
        return ipam;
      },
      (ipam) => {
        for (let pair = 0; pair < pairs; pair++) {
          const owner = others[pair] ?? "";
          ipam.allocate(owner, [4]);
          ipam.release(owner);
        }
      },
      false,
    );
  }
}

function* cluster(): Generator<Row> {
  const nodes = 100_000;
  const prefixes = [
    { prefix: parsePrefix("10.0.0.0/8"), nodeLength: 26 },
    { prefix: parsePrefix("fd00::/40"), nodeLength: 64 },
  ];
  for (const strategy of strategies) {
    yield measure(
      `${String(nodes)} nodes with a prefix of each family, ${strategy}`,
      nodes,
      () => createClusterPool({}, { prefixes, strategy }),
      (all) => {
        for (let node = 0; node < nodes; node++) all.allocate(`node-${String(node)}`, [4, 6]);
      },
      true,
    );
  }
}

function* concat<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

function print({ what, seconds, cpuSeconds, nanosecondsEach, bytesEach }: Row): void {
  const columns = [
    what,
    seconds.toFixed(2),
    cpuSeconds.toFixed(2),
    nanosecondsEach,
    bytesEach ?? "",
  ];
  console.log(`| ${columns.join(" | ")} |`);
}

if (!isJson) {
  console.log(`Node ${process.version}, ${cpus()[0]?.model ?? "unknown"}\n`);
  console.log("| what | seconds | of CPU | ns each | bytes each |");
  console.log("| --- | --- | --- | --- | --- |");
}
const rows: Row[] = [];
for (const row of concat(fill(), ...[0.01, 0.5, 0.99].map(atShare), cluster())) {
  rows.push(row);
  if (!isJson) print(row);
}
if (isJson) console.log(JSON.stringify(rows));
