import { setImmediate as nextTurn } from "node:timers/promises";
import { createLogger, createManualClock, type Health } from "@heddle/contracts";
import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { TableError } from "../table-error.ts";
import { createReconciler } from "./reconciler.ts";
import { FakeTarget, scene } from "./target.fake.ts";

describe("closing", () => {
  it("waits for what is in flight, starts nothing more, and ends all waiting", async () => {
    const { clock, desired, reconciler, target } = scene({ concurrency: 1, pruneInterval: 1000 });
    await reconciler.start();
    desired.upsert("a", 1);
    desired.upsert("b", 1);
    target.shut();
    await nextTurn();
    const waiting = reconciler.whenSettled();
    let closed = false;
    const closing = (async () => {
      await reconciler.close();
      closed = true;
    })();
    await expect(waiting).rejects.toThrow(TableError);
    await nextTurn();
    expect(closed).toBe(false);
    target.open();
    await closing;
    desired.upsert("c", 1);
    await nextTurn();
    expect(target.calls).toEqual(["a=1"]);
    expect(target.held.get("a")).toBe(1);
    await expect(reconciler.whenSettled()).rejects.toThrow(
      "wait for routes: the reconciler was closed before it had come so far",
    );
    expect(clock.pending).toBe(0);
    expect(reconciler.close()).toBe(reconciler.close());
  });

  it("lets go of retries, and does not plan any for what fails last", async () => {
    const { clock, desired, reconciler, target } = scene();
    target.broken.add("a").add("b").add("prune");
    await reconciler.start();
    desired.upsert("a", 1);
    desired.markSynced();
    await reconciler.whenIdle();
    expect(clock.pending).toBe(2);
    desired.upsert("b", 1);
    target.shut();
    await nextTurn();
    const closing = reconciler.close();
    target.open();
    await closing;
    expect(clock.pending).toBe(0);
  });

  it("waits for a prune, too, and is fine before the start", async () => {
    const { clock, desired, reconciler, target } = scene({ pruneInterval: 1000 });
    desired.markSynced();
    await reconciler.start();
    target.shut();
    await nextTurn();
    const closing = reconciler.close();
    target.open();
    await closing;
    expect(reconciler.metrics$.value.prunes).toBe(1);
    expect(clock.pending).toBe(0);

    const idle = scene();
    await idle.reconciler.close();
    await idle.reconciler.start();
    idle.desired.upsert("a", 1);
    await nextTurn();
    expect(idle.target.calls).toEqual([]);
  });
});

describe("what must not happen", () => {
  it("a stream that ends with an error shows in the health", async () => {
    const source$ = new Subject<never>();
    const reconciler = createReconciler<string, number>(
      {
        desired$: source$,
        target: new FakeTarget(),
        clock: createManualClock(),
        logger: createLogger(() => undefined),
      },
      { name: "routes" },
    );
    const seen: Health[] = [];
    reconciler.health$.subscribe((health) => seen.push(health));
    await reconciler.start();
    source$.error(new Error("watch broke"));
    expect(seen.at(-1)).toEqual({
      level: "failed",
      message: "the stream of desired routes ended: watch broke",
    });
  });

  it.each([
    [{ concurrency: 0 }, "concurrency is 0, not a positive integer"],
    [{ batchSize: 1.5 }, "batchSize is 1.5, not a positive integer"],
    [{ roundInterval: -1 }, "roundInterval is -1, not 0 or more milliseconds"],
    [{ pruneInterval: 0 }, "pruneInterval is 0, not more than 0 milliseconds"],
    [{ refreshInterval: Number.NaN }, "refreshInterval is NaN, not more than 0 milliseconds"],
    [{ retry: { initialDelay: 0 } }, "retry.initialDelay is 0, not more than 0 milliseconds"],
    [{ retry: { maxDelay: 0 } }, "retry.maxDelay is 0, not more than 0 milliseconds"],
    [{ retry: { jitter: 2 } }, "retry.jitter is 2, not from 0 to 1"],
  ])("options %j are refused", (options, reason) => {
    expect(() => scene(options)).toThrow(`create reconciler routes: ${reason}`);
  });
});
