import { createManualClock, silentLogger } from "@heddle/contracts";
import { createReconciler, createTable, type Reconciler, storeTarget } from "@heddle/tables";
import { createMap, type KernelMap, u32 } from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const clock = createManualClock();
let map: KernelMap<number, number>;
let reconciler: Reconciler<number>;

beforeEach(async () => {
  map = await createMap({
    name: "hdt_reconcile",
    type: "hash",
    maxEntries: 300,
    flags: 0,
    layout: "",
    key: u32,
    value: u32,
  });
});

afterEach(async () => {
  await reconciler.close();
  map[Symbol.dispose]();
});

/** A table and a reconciler that keeps the map holding it. */
function desire(count: number) {
  const desired = createTable<number, number>({ name: "numbers" });
  for (let index = 0; index < count; index++) desired.upsert(index, index * 2);
  desired.markSynced();
  reconciler = createReconciler(
    {
      desired$: desired.changes$,
      target: storeTarget(map, { name: "numbers" }),
      clock,
      logger: silentLogger,
    },
    { name: "numbers", pruneInterval: 60_000 },
  );
  return desired;
}

async function held(): Promise<Map<number, number>> {
  const entries: (readonly [number, number])[] = [];
  for await (const entry of map.entries()) entries.push(entry);
  return new Map(entries);
}

describe("a BPF map", () => {
  it("is put right by each full reconciliation, whatever others did to it", async () => {
    map.set(1_000_000, 1);
    const desired = desire(250);
    await reconciler.start();
    await reconciler.whenSettled();
    expect(await held()).toEqual(new Map(desired.entries()));

    for (let index = 0; index < 100; index++) map.set(index, 7);
    for (let index = 100; index < 200; index++) map.delete(index);
    for (let index = 0; index < 100; index++) map.set(2_000_000 + index, 7);
    map.delete(249);
    clock.advance(60_000);
    await reconciler.whenSettled();
    expect(await held()).toEqual(new Map(desired.entries()));
    expect(reconciler.metrics$.value).toMatchObject({ prunes: 2, pruneFailures: 0, failures: 0 });
  });

  it("that is full fails for what has no room alone, and takes it in when there is some", async () => {
    const desired = desire(310);
    await reconciler.start();
    await reconciler.whenIdle();
    expect((await held()).size).toBe(300);
    expect(reconciler.metrics$.value.failed).toBe(10);
    expect(reconciler.health$.value.level).toBe("degraded");
    for (let index = 0; index < 20; index++) desired.delete(index);
    await reconciler.whenIdle();
    clock.advance(1000);
    await reconciler.whenSettled();
    expect(await held()).toEqual(new Map(desired.entries()));
  });
});
