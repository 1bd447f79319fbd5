import { setImmediate as nextTurn } from "node:timers/promises";
import { createManualClock, silentLogger } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Derived, failure, isFailure } from "../failure.ts";
import { createTable } from "../table.ts";
import { createReconciler, type Reconciler } from "./reconciler.ts";
import { batched, Histories, Watched, type WatchedWorld } from "./watched-target.fake.ts";
import { type Connection, ErraticStore } from "./erratic-store.fake.ts";
import { storeTarget } from "./store-target.ts";

type Mode = "sync" | "async" | "batch" | "store batch";

const names = fc.constantFrom("a", "b", "c");
/** What happens while all is as it should be. */
const ordinary = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("upsert"), key: names }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete"), key: names }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("fail"), times: fc.nat(3), late: fc.boolean() }),
  },
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
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash"), landed: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail batch") }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class World implements WatchedWorld {
  readonly desired = createTable<string, Derived<number>>({ name: "desired" });
  readonly histories = new Histories();
  readonly store: ErraticStore;
  readonly violations: string[] = [];
  /** What somebody knows of each key who is told of the status. */
  followed = new Map<string, string>();
  /** Whether the next batch fails as a whole. */
  failBatch = false;
  readonly #mode: Mode;
  #clock = createManualClock();
  #connection: Connection | undefined;
  #reconciler: Reconciler<string>;
  #values = 0;

  constructor(mode: Mode) {
    this.#mode = mode;
    this.store = new ErraticStore(
      { sync: mode === "sync", many: mode === "store batch" },
      (key, value) => this.histories.applied(key, value),
    );
    this.#reconciler = this.#start();
  }

  get reconciler(): Reconciler<string> {
    return this.#reconciler;
  }

  get timers(): number {
    return this.#clock.pending;
  }

  async apply(one: Step): Promise<void> {
    if (one.kind === "upsert") this.#want(one.key);
    else if (one.kind === "delete") {
      if (this.desired.delete(one.key)) this.histories.wanted(one.key, undefined);
    } else if (one.kind === "intrude") this.store.held.set(one.key, -1 - one.value);
    else if (one.kind === "vandalize") this.store.held.delete(one.key);
    else if (one.kind === "spoil") this.desired.upsert(one.key, failure(new Error("spoilt")));
    else if (one.kind === "fail") this.store.fail(one);
    else if (one.kind === "fail batch") this.failBatch = true;
    else if (one.kind === "finish") this.#finish(one.pick);
    else if (one.kind === "advance") this.#clock.advance(one.by);
    else if (one.kind === "sync") this.desired.markSynced();
    else if (one.kind === "prune") this.#reconciler.requestPrune();
    else if (one.kind === "turn") await nextTurn();
    else if (one.kind === "crash") this.#crash(one.landed);
    else await this.#restart();
  }

  /** Lets everything succeed that is still to come, until the target is what is desired. */
  async settle(): Promise<void> {
    this.store.fail({ times: 0, late: false });
    this.failBatch = false;
    this.desired.markSynced();
    for (const [key, value] of this.desired.entries()) if (isFailure(value)) this.#want(key);
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

  /** Desires a value that was never desired before. */
  #want(key: string): void {
    this.#values++;
    this.desired.upsert(key, this.#values);
    this.histories.wanted(key, this.#values);
  }

  #start(): Reconciler<string> {
    this.#connection = this.store.connect();
    const target = new Watched(storeTarget(this.#connection, { smallestBatch: 2 }), this);
    const batches = this.#mode === "batch" || this.#mode === "store batch";
    const reconciler = createReconciler(
      {
        desired$: this.desired.gradualChanges$,
        target: this.#mode === "batch" ? batched(target, this) : target,
        clock: this.#clock,
        logger: silentLogger,
      },
      { name: "numbers", concurrency: batches ? 1 : 2, batchSize: 2 },
    );
    // A reconciler begins anew with the status of every key, and so does whoever follows it.
    this.followed = new Map();
    const { followed } = this;
    reconciler.status.changes$.subscribe((change) => {
      if (change.kind === "upsert") followed.set(change.key, change.value.phase);
      else if (change.kind === "delete") followed.delete(change.key);
    });
    void reconciler.start();
    return reconciler;
  }

  async #restart(): Promise<void> {
    await this.close();
    this.#reconciler = this.#start();
  }

  /** The process ends at once: of what is in flight some is done, and the rest never. */
  #crash(landed: number): void {
    void this.#reconciler.close();
    for (const proceed of this.store.open.splice(0).slice(0, landed)) proceed();
    this.#connection?.cut();
    this.#clock = createManualClock();
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
      this.#clock.advance(1000);
      await nextTurn();
    }
    if (!progress.ended) throw new Error("it does not come to an end");
    await ending;
  }
}

const histories = fc.array(step, { maxLength: 40 });

describe.each<Mode>(["sync", "async", "batch", "store batch"])(
  "with a %s target, whatever happens",
  (mode) => {
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
          const wanted = new Map(world.desired.entries());
          expect(world.store.held).toEqual(wanted);
          expect([...world.violations, ...world.histories.violations]).toEqual([]);
          const { status, metrics$ } = world.reconciler;
          const phases = new Map(status.entries().map(([key, { phase }]) => [key, phase]));
          expect(phases).toEqual(new Map(wanted.keys().map((key) => [key, "done"])));
          expect(world.followed).toEqual(phases);
          expect(metrics$.value).toMatchObject({ desired: wanted.size, pending: 0, failed: 0 });
          await world.close();
          expect(world.timers).toBe(0);
        }),
        { numRuns: 300 },
      );
    });
  },
);
