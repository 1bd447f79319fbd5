// Keys that are new, and single ones that change, through two joins and a reconciler into a hash map of the kernel.
import { setImmediate as nextTurn } from "node:timers/promises";
import { systemClock } from "@heddle/contracts";
import { createReconciler, storeTarget } from "@heddle/tables";
import { createMap, u32 } from "libbpf-napi";
import { complaints, liveBytes, megabytes, runMeasurement } from "../measurement.ts";
import { createTwoJoins } from "../../../../../packages/tables/bench/two-joins.ts";
import { percentile } from "../percentile.ts";

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
  const { pods, desired$, upsert } = createTwoJoins();
  const deps = { desired$, target: storeTarget(map), clock: systemClock, logger: complaints };
  const reconciler = await own(createReconciler(deps, { name: "pods" }));
  await reconciler.start();
  pods.markSynced();
  await reconciler.whenSettled();
  const started = performance.now();
  for (let index = 0; index < size; index++) {
    upsert(index, 1);
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
    upsert(index % size, 2 + index);
    await reconciler.whenSettled();
    times.push(1000 * (performance.now() - changed));
  }
  report("p50", percentile(times, 50));
  report("p99", percentile(times, 99));
});
