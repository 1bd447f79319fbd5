import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { scene, sceneWith, BatchTarget } from "./target.fake.ts";

describe("a reconciler", () => {
  it("does nothing before it is started, prunes only what is synced, then follows", async () => {
    const { desired, reconciler, target } = scene();
    target.held.set("stale", 1);
    desired.upsert("a", 1);
    await nextTurn();
    expect(target.calls).toEqual([]);

    await reconciler.start();
    await reconciler.whenIdle();
    expect(target.calls).toEqual(["a=1"]);
    expect(target.held.has("stale")).toBe(true);
    expect(reconciler.health$.value.level).toBe("starting");

    desired.markSynced();
    await reconciler.whenSettled();
    expect(target.held).toEqual(new Map([["a", 1]]));

    desired.upsert("b", 2);
    desired.delete("a");
    await reconciler.whenSettled();
    expect(target.calls).toEqual(["a=1", "prune to a", "b=2", "-a"]);
    expect(reconciler.metrics$.value).toMatchObject({
      updates: 2,
      deletes: 1,
      failures: 0,
      prunes: 1,
      pruneFailures: 0,
    });
    expect(reconciler.health$.value).toEqual({ level: "ok", message: "all routes are in place" });
    await reconciler.close();
  });

  it("makes before it breaks: what waits is attempted before the prune", async () => {
    const { desired, reconciler, target } = scene({ batchSize: 1 });
    for (const key of ["a", "b", "c"]) desired.upsert(key, 1);
    desired.markSynced();
    await reconciler.start();
    await reconciler.whenSettled();
    expect(target.calls).toHaveLength(4);
    expect(target.calls[3]).toBe("prune to a,b,c");
  });

  it("conflates what changes in one turn, and what changes while an operation is in flight", async () => {
    const { desired, reconciler, target } = scene();
    await reconciler.start();
    for (const value of [1, 2, 3]) desired.upsert("a", value);
    target.shut();
    await nextTurn();
    expect(target.calls).toEqual(["a=3"]);

    for (const value of [4, 5]) desired.upsert("a", value);
    desired.upsert("b", 1);
    await nextTurn();
    expect(target.calls).toEqual(["a=3", "b=1"]);
    expect(reconciler.status.get("a")?.phase).toBe("pending");

    target.open();
    await reconciler.whenIdle();
    expect(target.calls).toEqual(["a=3", "b=1", "a=5"]);
    expect(reconciler.status.get("a")?.phase).toBe("done");
  });

  it("tells the status of each key as a synced stream", async () => {
    const { desired, reconciler, target } = scene();
    const seen: string[] = [];
    reconciler.status.changes$.subscribe((change) => {
      if (change.kind === "synced") seen.push("synced");
      else if (change.kind === "delete") seen.push(`-${change.key}`);
      else seen.push(`${change.key} ${change.value.operation} ${change.value.phase}`);
    });
    await reconciler.start();
    desired.upsert("a", 1);
    desired.markSynced();
    await reconciler.whenSettled();
    target.broken.add("a");
    desired.delete("a");
    await reconciler.whenIdle();
    expect(reconciler.status.get("a")).toMatchObject({ phase: "failed", operation: "delete" });
    target.broken.clear();
    desired.upsert("a", 2);
    desired.delete("a");
    await reconciler.whenSettled();
    expect(seen).toEqual([
      "a update pending",
      "synced",
      "a update done",
      "a delete pending",
      "a delete failed",
      "a update pending",
      "a delete pending",
      "-a",
    ]);
  });

  it("takes up at most a batch per round, and rounds at most at their pace", async () => {
    const { clock, desired, reconciler, target } = scene({ batchSize: 2, roundInterval: 50 });
    await reconciler.start();
    for (const key of ["a", "b", "c"]) desired.upsert(key, 1);
    await nextTurn();
    await nextTurn();
    expect(target.calls).toEqual(["a=1", "b=1"]);
    clock.advance(49);
    expect(target.calls).toHaveLength(2);
    clock.advance(1);
    expect(target.calls).toEqual(["a=1", "b=1", "c=1"]);
    clock.advance(1000);
    desired.upsert("d", 1);
    await nextTurn();
    expect(target.calls).toHaveLength(4);
  });

  it("has no more calls in flight than it may", async () => {
    const { desired, reconciler, target } = scene({ concurrency: 2 });
    await reconciler.start();
    target.shut();
    for (const key of ["a", "b", "c"]) desired.upsert(key, 1);
    await nextTurn();
    await nextTurn();
    expect(target.calls).toEqual(["a=1", "b=1"]);
    target.open();
    await reconciler.whenIdle();
    expect(target.calls).toHaveLength(3);
  });
});

describe("a target with batches", () => {
  it("gets them, and each key has its own fate", async () => {
    const target = new BatchTarget();
    const { clock, desired, reconciler } = sceneWith(target, { batchSize: 2 });
    target.broken.add("b");
    for (const key of ["a", "b", "c"]) desired.upsert(key, 1);
    await reconciler.start();
    await reconciler.whenIdle();
    expect(target.calls).toEqual(["update a,b", "update c"]);
    expect(reconciler.status.get("a")?.phase).toBe("done");
    expect(reconciler.status.get("b")?.error?.message).toBe("b is broken");

    target.whole = false;
    desired.delete("a");
    desired.delete("c");
    await reconciler.whenIdle();
    expect(target.calls.at(-1)).toBe("delete a,c");
    expect(reconciler.status.get("c")).toMatchObject({ phase: "failed", operation: "delete" });

    target.whole = true;
    target.broken.clear();
    clock.advance(1000);
    desired.markSynced();
    await reconciler.whenSettled();
    expect(target.held).toEqual(new Map([["b", 1]]));
  });

  it("gets the updates and the deletes of a round at once", async () => {
    const target = new BatchTarget();
    const { desired, reconciler } = sceneWith(target, { concurrency: 1 });
    desired.upsert("a", 1);
    await reconciler.start();
    await reconciler.whenIdle();
    desired.delete("a");
    desired.upsert("b", 1);
    await reconciler.whenIdle();
    expect(target.calls).toEqual(["update a", "update b", "delete a"]);
  });
});
