import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { failure } from "../failure.ts";
import { scene } from "./target.fake.ts";

describe("an operation that fails", () => {
  it("is retried with delays that double up to their limit, less the jitter", async () => {
    const retry = { initialDelay: 100, maxDelay: 300, jitter: 0.2 };
    const { clock, desired, log, reconciler, target } = scene({ retry });
    target.broken.add("a");
    desired.upsert("a", 1);
    desired.upsert("b", 1);
    desired.markSynced();
    await reconciler.start();
    await reconciler.whenIdle();
    const attempts = () => target.calls.filter((call) => call === "a=1").length;
    for (const [failures, delay] of [90, 180, 270, 270].entries()) {
      expect(reconciler.status.get("a")).toMatchObject({
        phase: "failed",
        failures: failures + 1,
        error: { message: "a is broken" },
      });
      clock.advance(delay - 1);
      await reconciler.whenIdle();
      expect(attempts()).toBe(failures + 1);
      clock.advance(1);
      await reconciler.whenIdle();
      expect(attempts()).toBe(failures + 2);
    }
    expect(reconciler.health$.value).toEqual({
      level: "degraded",
      message: "1 of 2 routes failed; update of a: a is broken",
    });
    expect(log).toMatchObject([
      {
        level: "warn",
        message: "reconciling a key failed",
        fields: { name: "routes", key: "a", operation: "update", failures: 1 },
      },
    ]);

    target.broken.clear();
    clock.advance(270);
    await reconciler.whenSettled();
    expect(reconciler.health$.value.level).toBe("ok");
    expect(reconciler.metrics$.value).toMatchObject({ updates: 2, failures: 5 });
    expect(clock.pending).toBe(0);
  });

  it("is done at once, and counts from the beginning, when something else is desired", async () => {
    const { clock, desired, reconciler, target } = scene();
    target.broken.add("a");
    await reconciler.start();
    desired.upsert("a", 1);
    await reconciler.whenIdle();
    clock.advance(1000);
    await reconciler.whenIdle();
    expect(reconciler.status.get("a")?.failures).toBe(2);
    desired.upsert("a", 2);
    await reconciler.whenIdle();
    expect(target.calls).toEqual(["a=1", "a=1", "a=2"]);
    expect(reconciler.status.get("a")?.failures).toBe(1);
    expect(clock.pending).toBe(1);
  });

  it("does not hide that something else is desired since it began", async () => {
    const { desired, reconciler, target } = scene();
    target.broken.add("a");
    await reconciler.start();
    desired.upsert("a", 1);
    target.shut();
    await nextTurn();
    desired.delete("a");
    target.broken.clear();
    target.open();
    await reconciler.whenIdle();
    expect(target.calls).toEqual(["a=1", "-a"]);
    expect(reconciler.status.size).toBe(0);
  });
});

describe("a value that could not be derived", () => {
  it("leaves the key as the target has it, and shows as failed until it is put right", async () => {
    const { clock, desired, reconciler, target } = scene();
    target.held.set("a", 1);
    target.held.set("stale", 1);
    desired.upsert("a", failure(new Error("no such port")));
    desired.upsert("b", 1);
    desired.markSynced();
    await reconciler.start();
    await reconciler.whenIdle();
    expect(target.calls).toEqual(["b=1", "prune to b"]);
    expect(target.held).toEqual(new Map(Object.entries({ a: 1, b: 1 })));
    expect(reconciler.status.get("a")).toMatchObject({ phase: "failed", failures: 0 });
    expect(reconciler.health$.value).toEqual({
      level: "degraded",
      message: "1 of 2 routes failed; update of a: no such port",
    });
    expect(clock.pending).toBe(0);

    desired.upsert("a", 2);
    await reconciler.whenSettled();
    desired.upsert("b", 2);
    desired.upsert("b", failure(new Error("gone bad")));
    await reconciler.whenIdle();
    expect(target.held).toEqual(new Map(Object.entries({ a: 2, b: 1 })));
    desired.delete("b");
    await reconciler.whenSettled();
    expect(target.held).toEqual(new Map([["a", 2]]));
  });
});

describe("a prune", () => {
  it("that fails is retried, while changes go on", async () => {
    const { clock, desired, reconciler, target } = scene();
    target.broken.add("prune");
    desired.markSynced();
    await reconciler.start();
    await reconciler.whenIdle();
    expect(reconciler.health$.value).toEqual({
      level: "degraded",
      message: "pruning routes failed: prune is broken",
    });
    desired.upsert("a", 1);
    await reconciler.whenIdle();
    expect(target.held.get("a")).toBe(1);
    target.broken.clear();
    clock.advance(90);
    await reconciler.whenSettled();
    expect(reconciler.metrics$.value).toMatchObject({ prunes: 1, pruneFailures: 1 });
    expect(reconciler.health$.value.level).toBe("ok");
  });

  it("runs alone", async () => {
    const { desired, reconciler, target } = scene();
    await reconciler.start();
    desired.upsert("a", 1);
    target.shut();
    await nextTurn();
    desired.markSynced();
    desired.upsert("b", 1);
    await nextTurn();
    expect(target.calls).toEqual(["a=1"]);
    target.open();
    target.shut();
    await nextTurn();
    await nextTurn();
    desired.upsert("c", 1);
    await nextTurn();
    expect(target.calls).toEqual(["a=1", "prune to a,b"]);
    target.open();
    await reconciler.whenSettled();
    expect(target.calls).toEqual(["a=1", "prune to a,b", "b=1", "c=1"]);
  });

  it("is done again at its interval, and when asked for", async () => {
    const { clock, desired, reconciler, target } = scene({ pruneInterval: 1000 });
    reconciler.requestPrune();
    await reconciler.start();
    reconciler.requestPrune();
    await reconciler.whenIdle();
    expect(target.calls).toEqual([]);
    desired.markSynced();
    await reconciler.whenSettled();
    target.held.set("foreign", 1);
    clock.advance(1000);
    await reconciler.whenSettled();
    expect(target.held.size).toBe(0);
    target.held.set("foreign", 1);
    reconciler.requestPrune();
    await reconciler.whenSettled();
    expect(target.held.size).toBe(0);
    expect(reconciler.metrics$.value.prunes).toBe(3);
    await reconciler.close();
    expect(clock.pending).toBe(0);
  });
});

describe("a refresh", () => {
  it("updates every key again, changes first, and not what fails or has gone", async () => {
    const { clock, desired, reconciler, target } = scene({ refreshInterval: 1000, batchSize: 1 });
    target.broken.add("broken");
    for (const key of ["a", "broken", "gone", "unknown"]) desired.upsert(key, 1);
    desired.upsert("unknown", failure(new Error("no")));
    await reconciler.start();
    await reconciler.whenIdle();
    target.calls.length = 0;
    target.held.set("a", 7);
    clock.advance(1000);
    desired.upsert("new", 1);
    desired.delete("gone");
    await reconciler.whenIdle();
    expect(target.calls.filter((call) => call !== "broken=1")).toEqual(["new=1", "-gone", "a=1"]);
    expect(target.held.get("a")).toBe(1);
    await reconciler.close();
    expect(clock.pending).toBe(0);
  });
});
