// Keys that are new, and single ones that change, through two joins and a reconciler into a hash map of the kernel.
import { setImmediate as nextTurn } from "node:timers/promises";
import { systemClock } from "@heddle/contracts";
import {
  createReconciler,
  createTable,
  join,
  type MutableTable,
  storeTarget,
} from "@heddle/tables";
import { createMap, u32 } from "libbpf-napi";
import { complaints, liveBytes, megabytes, runMeasurement } from "../measurement.ts";
import { percentile } from "../percentile.ts";

interface Pod {
  readonly node: number;
  readonly label: number;
  readonly revision: number;
}

const nodes = 5000;
const identities = 1000;
/** Upserts that a source makes in one turn of the event loop. */
const perTurn = 500;
/** Keys that change one after the other. */
const singles = { quick: 2, thorough: 2000 } as const;

await runMeasurement(async ({ test, size, quick, own, report }) => {
  const map = await own(
    createMap({
      name: "bench_keys",
      type: "hash",
      maxEntries: size,
      flags: 0,
      layout: "",
      key: u32,
      value: u32,
    }),
  );
  const before = liveBytes();
  const pods = createTable<number, Pod>({ name: "pods" });
  const withNode$ = join(
    pods.gradualChanges$,
    numbers("nodes", nodes).changes$,
    (pod) => pod.node,
    (pod, node) => ({ ...pod, node }),
  );
  const desired$ = join(
    withNode$,
    numbers("identities", identities).changes$,
    (pod) => pod.label,
    ({ revision }, identity) => revision * 2 ** 16 + identity,
  );
  const deps = { desired$, target: storeTarget(map), clock: systemClock, logger: complaints };
  const reconciler = await own(createReconciler(deps, { name: "pods" }));
  await reconciler.start();
  pods.markSynced();
  await reconciler.whenSettled();
  const started = performance.now();
  for (let index = 0; index < size; index++) {
    upsert(pods, index, 1);
    if (index % perTurn === perTurn - 1) await nextTurn();
  }
  await reconciler.whenSettled();
  if (test === "new") {
    report("time", performance.now() - started);
    report("memory", megabytes(liveBytes() - before));
    return;
  }
  const times: number[] = [];
  for (let index = 0; index < singles[quick ? "quick" : "thorough"]; index++) {
    const changed = performance.now();
    upsert(pods, index % size, 2 + index);
    await reconciler.whenSettled();
    times.push(1000 * (performance.now() - changed));
  }
  report("p50", percentile(times, 50));
  report("p99", percentile(times, 99));
});

function numbers(name: string, count: number): MutableTable<number, number> {
  const table = createTable<number, number>({ name });
  for (let index = 0; index < count; index++) table.upsert(index, index);
  table.markSynced();
  return table;
}

function upsert(pods: MutableTable<number, Pod>, index: number, revision: number): void {
  pods.upsert(index, { node: index % nodes, label: index % identities, revision });
}
