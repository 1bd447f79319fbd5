// How long it takes from 100,000 upserts, through two joins and a reconciler, to a hash map in the kernel:
//
//   node --conditions=heddle-source packages/datapath/bench/reconcile-map.ts [--json]
//
// As root. Then all of them change once more, and single ones do, each until the kernel has it.
import { silentLogger, systemClock } from "@heddle/contracts";
import { createReconciler, storeTarget } from "@heddle/tables";
import { createMap, u32 } from "libbpf-napi";
import {
  clocks,
  inTurns,
  quantile,
  report,
  type Stall,
  stallResults,
  StallWatch,
} from "../../tables/bench/measure.ts";
import { createTwoJoins } from "../../tables/bench/two-joins.ts";

const keys = 100_000;
const singles = 2_000;
/** Upserts that a source makes in one turn of the event loop. */
const perTurn = 500;

await using map = await createMap({
  name: "bench_pods",
  type: "hash",
  maxEntries: 131_072,
  flags: 0,
  layout: "",
  key: u32,
  value: u32,
});
const { pods, desired$, upsert } = createTwoJoins();
await using reconciler = createReconciler(
  { desired$, target: storeTarget(map), clock: systemClock, logger: silentLogger },
  { name: "pods" },
);
await reconciler.start();
pods.markSynced();
await reconciler.whenSettled();

/** Changes all keys, and waits until the kernel has them. */
async function run(revision: number): Promise<Stall> {
  const started = clocks();
  await inTurns(keys, perTurn, (index) => upsert(index, revision));
  await reconciler.whenSettled();
  const ended = clocks();
  const took = { wall: ended.wall - started.wall, work: ended.work - started.work };
  let right = 0;
  for await (const [, value] of map.entries()) if (value >>> 16 === revision) right++;
  if (right !== keys) throw new Error(`the kernel has ${String(right)} of ${String(keys)} keys`);
  return took;
}

const first = await run(1);
const again: Stall[] = [];
for (let revision = 2; revision < 7; revision++) again.push(await run(revision));
const stalls = new StallWatch();
await run(7);
const stall = stalls.read();
stalls[Symbol.dispose]();
const single: number[] = [];
for (let index = 0; index < singles; index++) {
  const started = performance.now();
  upsert(index, 8);
  await reconciler.whenSettled();
  single.push(performance.now() - started);
}
report({
  "100,000 new keys to the kernel, ms": first.wall,
  "work of the event loop for them, ms": first.work,
  "100,000 changes to the kernel, best of 5, ms": Math.min(...again.map(({ wall }) => wall)),
  "work of the event loop for those, best of 5, ms": Math.min(...again.map(({ work }) => work)),
  ...stallResults("during those", stall),
  "one change to the kernel, median, us": quantile(single, 0.5) * 1000,
  "one change to the kernel, 99 of 100, us": quantile(single, 0.99) * 1000,
});
