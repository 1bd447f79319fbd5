import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { failure } from "../failure.ts";
import type { Histogram, ReconcileMetrics } from "./metrics.ts";
import { BatchTarget, scene, sceneWith } from "./target.fake.ts";

/** The ranges with something in them: their greatest value, and how many. */
function ranges({ bounds, counts }: Histogram): (readonly [number, number])[] {
  return counts
    .map((count, index) => [bounds[index] ?? Infinity, count] as const)
    .filter(([, count]) => count > 0);
}

describe("the metrics of a reconciler", () => {
  it("say what there is to do, at the moment in which they are read", async () => {
    const { desired, reconciler, target } = scene({ concurrency: 1 });
    target.broken.add("broken");
    await reconciler.start();
    for (const key of ["broken", "a", "b"]) desired.upsert(key, 1);
    desired.upsert("underivable", failure(new Error("no")));
    expect(reconciler.metrics$.value).toMatchObject({ desired: 4, pending: 3, failed: 1 });
    await nextTurn();
    target.shut();
    desired.upsert("a", 2);
    desired.delete("b");
    await nextTurn();
    expect(reconciler.metrics$.value).toMatchObject({
      desired: 3,
      pending: 2,
      failed: 2,
      updates: 2,
      failures: 1,
    });
    target.open();
    await reconciler.whenIdle();
    expect(reconciler.metrics$.value).toMatchObject({ pending: 0, updates: 3, deletes: 1 });
  });

  it("measure each call of the target, one key or many", async () => {
    const target = new BatchTarget();
    const { clock, desired, reconciler } = sceneWith(target);
    await reconciler.start();
    target.duration = { clock, milliseconds: 7 };
    for (const key of ["a", "b"]) desired.upsert(key, 1);
    desired.markSynced();
    await reconciler.whenSettled();
    target.duration = { clock, milliseconds: 100_000 };
    desired.delete("a");
    await reconciler.whenSettled();
    const { durations } = reconciler.metrics$.value;
    expect(durations.update).toMatchObject({ count: 1, sum: 7 });
    expect(ranges(durations.update)).toEqual([[10, 1]]);
    expect(ranges(durations.prune)).toEqual([[10, 1]]);
    expect(ranges(durations.delete)).toEqual([[Infinity, 1]]);
    const { bounds, counts } = durations.update;
    expect([bounds[0], bounds.at(-1), counts.length - bounds.length]).toEqual([0.01, 5000, 1]);
  });

  it("are told to subscribers after each round", async () => {
    const { desired, reconciler } = scene({ batchSize: 2 });
    const seen: ReconcileMetrics[] = [];
    reconciler.metrics$.subscribe((metrics) => seen.push(metrics));
    await reconciler.start();
    for (const key of ["a", "b", "c"]) desired.upsert(key, 1);
    expect(seen).toHaveLength(1);
    desired.markSynced();
    await reconciler.whenSettled();
    await nextTurn();
    expect(seen.map(({ updates, prunes }) => [updates, prunes])).toEqual([
      [0, 0],
      [2, 0],
      [3, 0],
      [3, 0],
      [3, 1],
    ]);
  });
});

describe("pacing", () => {
  it("keeps to its rate whatever comes, retries included", async () => {
    const { clock, desired, reconciler, target } = scene({ batchSize: 5, roundInterval: 100 });
    target.broken.add("key 3");
    await reconciler.start();
    for (let index = 0; index < 100; index++) desired.upsert(`key ${String(index)}`, 1);
    await nextTurn();
    const callsPerRound: number[] = [];
    for (let round = 0; round < 30; round++) {
      callsPerRound.push(target.calls.splice(0).length);
      desired.upsert(`key ${String(round)}`, 2);
      clock.advance(100);
      await nextTurn();
    }
    expect(Math.max(...callsPerRound)).toBe(5);
    expect(reconciler.metrics$.value.failures).toBeGreaterThan(1);
  });
});
