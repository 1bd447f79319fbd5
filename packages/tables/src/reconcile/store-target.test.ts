import { createManualClock, silentLogger } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createTable } from "../table.ts";
import { createReconciler } from "./reconciler.ts";
import { keyedStoreTarget, type Store, storeTarget } from "./store-target.ts";
import type { DesiredSet } from "./target.ts";

interface Endpoint {
  readonly ifindex: number;
}

/** What is desired; a key that holds undefined could not be derived. */
function desiredSet(
  wanted: Readonly<Record<string, Endpoint | undefined>>,
): DesiredSet<string, Endpoint> {
  const held = new Map(Object.entries(wanted));
  return {
    has: (key) => held.has(key),
    get: (key) => held.get(key),
    keys: () => held.keys(),
    *entries() {
      for (const [key, value] of held) if (value !== undefined) yield [key, value];
      return undefined;
    },
  };
}

describe("storeTarget", () => {
  it("compares what the store holds with what is desired, and writes only what differs", async () => {
    const writes: string[] = [];
    const held = new Map<string, Endpoint>([
      ["same", { ifindex: 1 }],
      ["changed", { ifindex: 9 }],
      ["stale", { ifindex: 3 }],
      ["underivable", { ifindex: 4 }],
    ]);
    const store: Store<string, Endpoint> = {
      set: (key, value) => {
        writes.push(`set ${key}`);
        held.set(key, value);
      },
      delete: (key) => {
        writes.push(`delete ${key}`);
        return held.delete(key);
      },
      entries: () => held,
    };
    const target = storeTarget(store);
    await target.prune(
      desiredSet({
        same: { ifindex: 1 },
        changed: { ifindex: 2 },
        underivable: undefined,
        missing: { ifindex: 5 },
      }),
    );
    expect(writes).toEqual(["set changed", "delete stale", "set missing"]);
  });

  it("leaves to `equals` what counts as changed", async () => {
    const held = new Map([["a", { ifindex: 1, packets: 7 }]]);
    const target = storeTarget(held, { equals: (left, right) => left.ifindex === right.ifindex });
    const a = { ifindex: 1, packets: 0 };
    await target.prune({
      has: () => true,
      get: () => a,
      keys: () => ["a"].values(),
      entries: () => [["a", a] as const].values(),
    });
    expect(held.get("a")?.packets).toBe(7);
  });

  it("writes anew what it cannot compare, and goes on with the others", async () => {
    const held = new Map([
      ["a", { ifindex: 1 }],
      ["b", { ifindex: 9 }],
    ]);
    const target = storeTarget(held, {
      equals: (left, right) => {
        if (left.ifindex === 1) throw new RangeError("no");
        return left.ifindex === right.ifindex;
      },
    });
    await target.prune(desiredSet({ a: { ifindex: 2 }, b: { ifindex: 3 } }));
    expect([...held.values()]).toEqual([{ ifindex: 2 }, { ifindex: 3 }]);
  });

  it("does all it can, and names what failed", async () => {
    const held = new Map<string, Endpoint>([["stale", { ifindex: 1 }]]);
    const full: Store<string, Endpoint> = {
      set: () => {
        throw new Error("E2BIG");
      },
      delete: async (key) => held.delete(key),
      entries: () => held,
    };
    const target = storeTarget(full, { name: "endpoints" });
    const pruning = target.prune(desiredSet({ a: { ifindex: 1 }, b: { ifindex: 2 } }));
    await expect(pruning).rejects.toMatchObject({
      code: "prune-failed",
      message: "prune endpoints: 2 of 3 corrections failed, the first: E2BIG",
      cause: { errors: [{ message: "E2BIG" }, { message: "E2BIG" }] },
    });
    expect(held.size).toBe(0);
  });

  it("does not take a scan for complete that was not", async () => {
    const held = new Map<string, Endpoint>([["stale", { ifindex: 1 }]]);
    const store: Store<string, Endpoint> = {
      set: (key, value) => held.set(key, value),
      delete: (key) => held.delete(key),
      entries: () => Object.assign(held.entries(), { consistent: false }),
    };
    const pruning = storeTarget(store).prune(desiredSet({ a: { ifindex: 1 } }));
    await expect(pruning).rejects.toThrow(
      "prune entries: entries changed faster than they could be read",
    );
    expect([...held.keys()]).toEqual(["a"]);
  });

  it("gives way to other work, however much the store holds", async () => {
    const held = new Map(
      Array.from({ length: 2000 }, (_, index) => [`stale ${String(index)}`, { ifindex: 1 }]),
    );
    let turns = 0;
    const count = () => {
      turns++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    await storeTarget(held).prune(desiredSet({}));
    clearImmediate(immediate);
    expect(held.size).toBe(0);
    expect(turns).toBeGreaterThanOrEqual(14);
  });
});

/** A store that writes many at once, and fails for what is in `broken`. */
class ManyStore implements Store<number, string> {
  readonly held = new Map<number, string>();
  readonly writes: string[] = [];
  readonly broken = new Set<number>();

  set(key: number, value: string): void {
    if (this.broken.has(key)) throw new Error(`${String(key)} does not fit`);
    this.writes.push("set");
    this.held.set(key, value);
  }

  delete(key: number): boolean {
    this.writes.push("delete");
    return this.held.delete(key);
  }

  entries(): IterableIterator<[number, string]> {
    return this.held.entries();
  }

  /** In order; what was written before a failure stays. */
  async setMany(entries: Iterable<readonly [number, string]>): Promise<void> {
    for (const [key, value] of entries) {
      if (this.broken.has(key)) throw new Error("one of them does not fit");
      this.held.set(key, value);
    }
    this.writes.push("set many");
  }

  async deleteMany(keys: Iterable<number>): Promise<number> {
    let deleted = 0;
    for (const key of keys) if (this.held.delete(key)) deleted++;
    this.writes.push("delete many");
    return deleted;
  }
}

/** A reconciler that wants so many keys in such a store. */
function desiring(count: number) {
  const store = new ManyStore();
  const desired = createTable<number, string>({ name: "numbers" });
  for (let index = 0; index < count; index++) desired.upsert(index, "wanted");
  desired.markSynced();
  const reconciler = createReconciler(
    {
      desired$: desired.changes$,
      target: storeTarget(store),
      clock: createManualClock(),
      logger: silentLogger,
    },
    { name: "numbers" },
  );
  return { store, desired, reconciler };
}

describe("a store that writes many at once", () => {
  it("is written to in batches, and key by key where there are few", async () => {
    const { store, desired, reconciler } = desiring(300);
    await reconciler.start();
    await reconciler.whenSettled();
    for (let index = 0; index < 32; index++) desired.delete(index);
    await reconciler.whenSettled();
    for (let index = 32; index < 34; index++) desired.delete(index);
    await reconciler.whenSettled();
    expect(store.writes).toEqual(["set many", "set many", "delete many", "delete", "delete"]);
    expect(store.held.size).toBe(266);
  });

  it("is repaired in batches", async () => {
    const { store, reconciler } = desiring(300);
    await reconciler.start();
    await reconciler.whenSettled();
    store.writes.length = 0;
    for (let index = 0; index < 100; index++) store.held.set(index, "foreign");
    for (let index = 100; index < 200; index++) store.held.delete(index);
    for (let index = 1000; index < 1100; index++) store.held.set(index, "foreign");
    reconciler.requestPrune();
    await reconciler.whenSettled();
    expect(store.writes).toEqual(["set many", "delete many", "set many"]);
    expect(new Set(store.held.values())).toEqual(new Set(["wanted"]));
    expect(store.held.size).toBe(300);
  });

  it("fails for the keys that are to blame alone", async () => {
    const { store, reconciler } = desiring(100);
    store.broken.add(7).add(70);
    await reconciler.start();
    await reconciler.whenIdle();
    expect(store.held.size).toBe(98);
    const failed = [...reconciler.status.entries()].filter(([, { phase }]) => phase === "failed");
    const reasons = new Map(failed.map(([key, { error }]) => [key, error?.message]));
    expect(reasons).toEqual(
      new Map([
        [7, "7 does not fit"],
        [70, "70 does not fit"],
      ]),
    );
    await reconciler.close();
  });
});

/** A store as a BPF map is: keys and values are decoded anew at each read. */
class StructMap implements Store<{ readonly port: number }, Endpoint> {
  readonly #bytes = new Map<string, string>();

  set(key: { readonly port: number }, value: Endpoint): void {
    this.#bytes.set(JSON.stringify(key), JSON.stringify(value));
  }

  delete(key: { readonly port: number }): boolean {
    return this.#bytes.delete(JSON.stringify(key));
  }

  async *entries(): AsyncGenerator<readonly [{ readonly port: number }, Endpoint]> {
    for (const [key, value] of this.#bytes) yield [JSON.parse(key), JSON.parse(value)];
  }
}

describe("keyedStoreTarget", () => {
  it("keeps a store whose keys are structs, through a reconciler", async () => {
    const store = new StructMap();
    store.set({ port: 1 }, { ifindex: 1 });
    store.set({ port: -1 }, { ifindex: 1 });
    const target = keyedStoreTarget<string, Endpoint, { readonly port: number }>(store, {
      toStore: (key) => ({ port: Number(key.slice("port ".length)) }),
      fromStore: ({ port }) => {
        if (port < 0) throw new RangeError("no port");
        return `port ${String(port)}`;
      },
    });
    const desired = createTable<string, Endpoint>({ name: "endpoints" });
    const clock = createManualClock();
    await using reconciler = createReconciler(
      { desired$: desired.changes$, target, clock, logger: silentLogger },
      { name: "endpoints" },
    );
    desired.upsert("port 2", { ifindex: 2 });
    desired.upsert("port 3", { ifindex: 3 });
    desired.markSynced();
    await reconciler.start();
    await reconciler.whenSettled();
    desired.delete("port 3");
    await reconciler.whenSettled();
    const held: unknown[] = [];
    for await (const entry of store.entries()) held.push(entry);
    expect(held).toEqual([[{ port: 2 }, { ifindex: 2 }]]);
  });
});
