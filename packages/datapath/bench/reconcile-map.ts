// How long it takes from 100,000 upserts, through two joins and a reconciler, to a hash map in the kernel:
//
//   node --conditions=heddle-source packages/datapath/bench/reconcile-map.ts [--json]
//
// As root. Then all of them change once more, and single ones do, each until the kernel has it.
import { silentLogger, systemClock } from "@heddle/contracts";
import { createReconciler, createTable, join, storeTarget } from "@heddle/tables";
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

const keys = 100_000;
const singles = 2_000;
/** Upserts that a source makes in one turn of the event loop. */
const perTurn = 500;

interface Pod {
  readonly node: number;
  readonly label: number;
  readonly revision: number;
}

await using map = await createMap({
  name: "bench_pods",
  type: "hash",
  maxEntries: 131_072,
  flags: 0,
  layout: "",
  key: u32,
  value: u32,
});
const pods = createTable<number, Pod>({ name: "pods" });
const nodes = createTable<number, number>({ name: "nodes" });
const identities = createTable<number, number>({ name: "identities" });
for (let index = 0; index < 5000; index++) nodes.upsert(index, index);
for (let index = 0; index < 1000; index++) identities.upsert(index, index);

const withNode$ = join(
  pods.gradualChanges$,
  nodes.changes$,
  (pod) => pod.node,
  (pod, node) => ({ ...pod, node }),
);
const desired$ = join(
  withNode$,
  identities.changes$,
  (pod) => pod.label,
  ({ revision }, identity) => revision * 2 ** 16 + identity,
);
await using reconciler = createReconciler(
  { desired$, target: storeTarget(map), clock: systemClock, logger: silentLogger },
  { name: "pods" },
);
await reconciler.start();
for (const table of [pods, nodes, identities]) table.markSynced();
await reconciler.whenSettled();

const upsert = (index: number, revision: number): boolean =>
  pods.upsert(index, { node: index % 5000, label: index % 1000, revision });

/** Changes all keys, and waits until the kernel has them. */
async function run(revision: number): Promise<Stall> {
  const started = clocks();
  await inTurns(keys, perTurn, (index) => void upsert(index, revision));
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
