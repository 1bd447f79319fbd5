import { setImmediate as nextTurn } from "node:timers/promises";
import { createManualClock, silentLogger, toError } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Derived, failure, isFailure } from "../failure.ts";
import { createTable } from "../table.ts";
import { createReconciler, type Reconciler } from "./reconciler.ts";
import { type Store, storeTarget } from "./store-target.ts";
import type { DesiredSet, KeyErrors, ReconcileTarget } from "./target.ts";

type Mode = "sync" | "async" | "batch";

const names = fc.constantFrom("a", "b", "c");
/** What happens while all is as it should be. */
const ordinary = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("upsert"), key: names, value: fc.nat(9) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete"), key: names }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail"), times: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("finish"), pick: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("advance"), by: fc.nat(500) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("turn") }) },
);
const step = fc.oneof(
  { weight: 20, arbitrary: ordinary },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("spoil"), key: names }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("intrude"), key: names, value: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("vandalize"), key: names }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("sync", "prune", "restart") }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A store whose operations end when the test says so, and fail as often as it says. */
class ErraticStore implements Store<string, number> {
  readonly held = new Map<string, number>();
  readonly open: (() => void)[] = [];
  failures = 0;
  readonly #sync: boolean;

  constructor(sync: boolean) {
    this.#sync = sync;
  }

  set(key: string, value: number): void | Promise<void> {
    return this.#do(() => this.held.set(key, value));
  }

  delete(key: string): void | Promise<void> {
    return this.#do(() => this.held.delete(key));
  }

  async *entries(): AsyncGenerator<readonly [string, number]> {
    await this.#do(() => undefined);
    yield* new Map(this.held);
  }

  #do(apply: () => unknown): void | Promise<void> {
    const run = () => {
      if (this.failures-- > 0) throw new Error("erratic");
      apply();
    };
    return this.#sync ? run() : this.#later(run);
  }

  async #later(run: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.open.push(resolve);
    });
    run();
  }
}

/** Passes on to a target, and notes what the reconciler was not allowed to do. */
class Watched implements ReconcileTarget<string, number> {
  readonly violations: string[] = [];
  readonly #inner: ReconcileTarget<string, number>;
  readonly #world: World;
  readonly #busy = new Set<string>();
  #pruning = false;

  constructor(inner: ReconcileTarget<string, number>, world: World) {
    this.#inner = inner;
    this.#world = world;
  }

  update(key: string, value: number): void | Promise<void> {
    return this.#watch(key, value, () => this.#inner.update(key, value));
  }

  delete(key: string): void | Promise<void> {
    return this.#watch(key, undefined, () => this.#inner.delete(key));
  }

  async prune(desired: DesiredSet<string, number>): Promise<void> {
    this.#check(this.#world.desired.synced, "pruned before synced");
    this.#check(!this.#pruning && this.#busy.size === 0, "pruned beside something else");
    const wanted = [...this.#world.desired.entries()].every(([key]) => desired.has(key));
    this.#check(wanted, "pruned by an incomplete set");
    this.#pruning = true;
    try {
      await this.#inner.prune(desired);
    } finally {
      this.#pruning = false;
    }
  }

  #watch(
    key: string,
    value: number | undefined,
    run: () => void | Promise<void>,
  ): void | Promise<void> {
    this.#check(!this.#pruning, `${key} while pruning`);
    this.#check(!this.#busy.has(key), `${key} twice at once`);
    this.#check(this.#world.desired.get(key) === value, `${key} is not what is desired`);
    const result = run();
    return result instanceof Promise ? this.#occupy(key, result) : result;
  }

  async #occupy(key: string, result: Promise<void>): Promise<void> {
    this.#busy.add(key);
    this.#check(this.#busy.size <= 2, "more at once than allowed");
    try {
      await result;
    } finally {
      this.#busy.delete(key);
    }
  }

  #check(holds: boolean, violation: string): void {
    if (!holds) this.violations.push(violation);
  }
}

/** A batch whose items all begin at once and fail one by one. */
async function runAll<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  run: (item: T) => unknown,
): Promise<KeyErrors<string>> {
  const errors = new Map<string, Error>();
  const attempt = async (item: T) => {
    try {
      await run(item);
    } catch (error) {
      errors.set(keyOf(item), toError(error));
    }
  };
  await Promise.all(items.map(attempt));
  return errors;
}

function batched(target: Watched): ReconcileTarget<string, number> {
  return {
    update: (key, value) => target.update(key, value),
    delete: (key) => target.delete(key),
    prune: (desired) => target.prune(desired),
    updateMany: (entries) =>
      runAll(
        entries,
        ([key]) => key,
        ([key, value]) => target.update(key, value),
      ),
    deleteMany: (keys) =>
      runAll(
        keys,
        (key) => key,
        (key) => target.delete(key),
      ),
  };
}

class World {
  readonly clock = createManualClock();
  readonly desired = createTable<string, Derived<number>>({ name: "desired" });
  readonly store: ErraticStore;
  readonly target: Watched;
  readonly #mode: Mode;
  #reconciler: Reconciler<string>;

  constructor(mode: Mode) {
    this.#mode = mode;
    this.store = new ErraticStore(mode === "sync");
    this.target = new Watched(storeTarget(this.store), this);
    this.#reconciler = this.#start();
  }

  async apply(one: Step): Promise<void> {
    if ("value" in one) {
      if (one.kind === "upsert") this.desired.upsert(one.key, one.value);
      else this.store.held.set(one.key, one.value);
    } else if ("key" in one) {
      if (one.kind === "delete") this.desired.delete(one.key);
      else if (one.kind === "spoil") this.desired.upsert(one.key, failure(new Error("spoilt")));
      else this.store.held.delete(one.key);
    } else if (one.kind === "fail") this.store.failures = one.times;
    else if (one.kind === "finish") this.#finish(one.pick);
    else if (one.kind === "advance") this.clock.advance(one.by);
    else if (one.kind === "sync") this.desired.markSynced();
    else if (one.kind === "prune") this.#reconciler.requestPrune();
    else if (one.kind === "turn") await nextTurn();
    else await this.#restart();
  }

  /** Lets everything succeed that is still to come, until the target is what is desired. */
  async settle(): Promise<void> {
    this.store.failures = 0;
    this.desired.markSynced();
    for (const [key, value] of this.desired.entries()) {
      if (isFailure(value)) this.desired.upsert(key, 0);
    }
    await this.#until(this.#reconciler.whenSettled());
  }

  /** Asks to compare everything, as somebody else may have written to the store. */
  prune(): Promise<void> {
    this.#reconciler.requestPrune();
    return this.#until(this.#reconciler.whenSettled());
  }

  close(): Promise<void> {
    return this.#until(this.#reconciler.close());
  }

  #start(): Reconciler<string> {
    const { clock, desired, target } = this;
    const reconciler = createReconciler(
      {
        desired$: desired.changes$,
        target: this.#mode === "batch" ? batched(target) : target,
        clock,
        logger: silentLogger,
      },
      { name: "numbers", concurrency: this.#mode === "batch" ? 1 : 2, batchSize: 2 },
    );
    void reconciler.start();
    return reconciler;
  }

  async #restart(): Promise<void> {
    await this.close();
    this.#reconciler = this.#start();
  }

  #finish(pick: number): void {
    const { open } = this.store;
    for (const proceed of open.splice(pick % Math.max(1, open.length), 1)) proceed();
  }

  async #until(promise: Promise<void>): Promise<void> {
    const progress = { ended: false };
    const ending = (async () => {
      await promise;
      progress.ended = true;
    })();
    for (let turns = 0; !progress.ended && turns < 1000; turns++) {
      while (this.store.open.length > 0) this.#finish(0);
      this.clock.advance(1000);
      await nextTurn();
    }
    if (!progress.ended) throw new Error("it does not come to an end");
    await ending;
  }
}

const histories = fc.array(step, { maxLength: 40 });

describe.each<Mode>(["sync", "async", "batch"])("with a %s target, whatever happens", (mode) => {
  it("the target becomes what is desired, one operation per key at a time", async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.array(ordinary, { maxLength: 20 }), async (steps, after) => {
        const world = new World(mode);
        for (const one of steps) await world.apply(one);
        await world.settle();
        await world.prune();
        expect(world.store.held).toEqual(new Map(world.desired.entries()));
        for (const one of after) await world.apply(one);
        await world.settle();
        expect(world.store.held).toEqual(new Map(world.desired.entries()));
        expect(world.target.violations).toEqual([]);
        await world.close();
        expect(world.clock.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
