// What a million keys cost, derived through two joins and reconciled into a target that takes them at once:
//
//   node --expose-gc --conditions=heddle-source packages/tables/bench/million-keys.ts [--json]
//
// Memory is what the process has more than before, after a collection; it counts keys and values, too.
import { setImmediate as nextTurn } from "node:timers/promises";
import { silentLogger, systemClock } from "@heddle/contracts";
import { createReconciler, createTable, join, type ReconcileTarget } from "@heddle/tables";
import { inTurns, quantile, report, stallResults, StallWatch } from "./measure.ts";

const keys = 1_000_000;
const nodes = 5_000;
const changes = 20_000;

interface Pod {
  readonly node: string;
  readonly labels: string;
  readonly revision: number;
}

/** Pages that a collection has emptied go back to the system by the next one. */
async function memory(): Promise<{ readonly heap: number; readonly resident: number }> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

const podKey = (index: number): string => `default/pod-${String(index)}`;
const podOf = (index: number, revision: number): Pod => ({
  node: `node-${String(index % nodes)}`,
  labels: `app=${String(index % 1000)}`,
  revision,
});

const before = await memory();
const pods = createTable<string, Pod>({ name: "pods" });
const nodeAddresses = createTable<string, string>({ name: "nodes" });
const identities = createTable<string, number>({ name: "identities" });
for (let index = 0; index < nodes; index++) {
  nodeAddresses.upsert(`node-${String(index)}`, `192.0.2.${String(index)}`);
}
for (let index = 0; index < 1000; index++) identities.upsert(`app=${String(index)}`, index);

using stalls = new StallWatch();
await nextTurn();
stalls.read();
await inTurns(keys, 1000, (index) => void pods.upsert(podKey(index), podOf(index, 0)));
const fillStall = stalls.read();
const filled = await memory();

const withNode$ = join(
  pods.gradualChanges$,
  nodeAddresses.changes$,
  (pod) => pod.node,
  ({ labels, revision }, address) => ({ labels, revision, address }),
);
const desired$ = join(
  withNode$,
  identities.changes$,
  ({ labels }) => labels,
  ({ revision, address }, identity) => ({ revision, address, identity }),
);
let arrived: () => void = () => undefined;
const target: ReconcileTarget<string, { readonly revision: number }> = {
  update: () => arrived(),
  delete: () => undefined,
  prune: () => undefined,
};
const reconciler = createReconciler(
  { desired$, target, clock: systemClock, logger: silentLogger },
  { name: "endpoints" },
);
await nextTurn();
stalls.read();
const started = performance.now();
await reconciler.start();
for (const table of [pods, nodeAddresses, identities]) table.markSynced();
await reconciler.whenSettled();
const syncTime = performance.now() - started;
const syncStall = stalls.read();
const settled = await memory();
await nextTurn();

const deriving: number[] = [];
const arriving: number[] = [];
stalls.read();
for (let change = 0; change < changes; change++) {
  const index = Math.floor(Math.random() * keys);
  const { promise, resolve } = Promise.withResolvers<void>();
  let end = 0;
  arrived = () => {
    end = performance.now();
    resolve();
  };
  const [key, pod] = [podKey(index), podOf(index, change + 1)];
  const start = performance.now();
  pods.upsert(key, pod);
  deriving.push(performance.now() - start);
  await promise;
  arriving.push(end - start);
}
const changeStall = stalls.read();
await reconciler.close();

report({
  "table, bytes per key": (filled.heap - before.heap) / keys,
  "table, two joins and a reconciler, bytes per key": (settled.heap - before.heap) / keys,
  "resident in all, MB": settled.resident / 1e6,
  ...stallResults("while the table is filled", fillStall),
  "a million keys from the table to the target, ms": syncTime,
  ...stallResults("meanwhile", syncStall),
  "one change through the joins, median, us": quantile(deriving, 0.5) * 1000,
  "one change through the joins, 99 of 100, us": quantile(deriving, 0.99) * 1000,
  "one change to the target, median, us": quantile(arriving, 0.5) * 1000,
  "one change to the target, 99 of 100, us": quantile(arriving, 0.99) * 1000,
  ...stallResults("while single keys change", changeStall),
});
