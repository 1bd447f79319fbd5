import type { Change, ChangeStream, Clock } from "@heddle/contracts";
import type * as fc from "fast-check";
import { Observable } from "rxjs";
import type { Conflict, ObjectStore, StoredObject } from "../store/object-store.ts";

/**
 * What happens to a request:
 * - `refused`: it is not carried out, and the caller is told of a failure.
 * - `lost`: it is carried out, and the caller is told of a failure.
 * - `late`: the caller is told of a failure, and it is carried out some time after.
 * - `conflict`: an update that finds a conflict where there was none.
 * - `slow`: it is carried out a long time after.
 * - `death`: it is carried out some time, and the caller dies before he hears of it.
 */
export type Fault = "none" | "refused" | "lost" | "late" | "conflict" | "slow" | "death";

/** Turns that a request takes which does not take one. */
const longTime = 40;

/** What the tests throw at an allocator; anything else is a mistake. */
export class StoreFailure extends Error {}

/** Who may die. What it awaits then never comes. */
export class Life {
  readonly #end = Promise.withResolvers<"died">();
  isOver = false;

  get ended(): Promise<"died"> {
    return this.#end.promise;
  }

  die(): void {
    this.isOver = true;
    this.#end.resolve("died");
  }
}

/** A world in which everything takes its time, in an order that the test chooses. */
export class World {
  readonly scheduler: fc.Scheduler;
  readonly #faults: Fault[];

  constructor(scheduler: fc.Scheduler, faults: readonly Fault[]) {
    this.scheduler = scheduler;
    this.#faults = [...faults];
  }

  /** Nothing goes wrong from now on. */
  calm(): void {
    this.#faults.length = 0;
  }

  turn(): Promise<unknown> {
    return this.scheduler.schedule(Promise.resolve());
  }

  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await this.turn(); // oxlint-disable-line no-await-in-loop
  }

  nextFault(): Fault {
    return this.#faults.shift() ?? "none";
  }

  /** A clock in which any delay ends at some time. */
  readonly clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    schedule: (_, task) => {
      void this.turn().then(task);
      return { [Symbol.dispose]: () => undefined };
    },
  };
}

/** A store as one allocator sees it, for as long as it lives. */
export class UnreliableStore<V> implements ObjectStore<V> {
  readonly #store: ObjectStore<V>;
  readonly #world: World;
  readonly #life: Life;

  constructor(store: ObjectStore<V>, world: World, life: Life) {
    this.#store = store;
    this.#world = world;
    this.#life = life;
  }

  /** What changes is told in order, some time after. */
  get changes$(): ChangeStream<string, StoredObject<V>> {
    return new Observable<Change<string, StoredObject<V>>>((subscriber) => {
      let last: Promise<unknown> = Promise.resolve();
      return this.#store.changes$.subscribe((change) => {
        last = last.then(() => this.#world.turn());
        void last.then(() => (this.#life.isOver ? undefined : subscriber.next(change)));
      });
    });
  }

  get(name: string): Promise<StoredObject<V> | undefined> {
    return this.#request(() => this.#store.get(name));
  }

  list(): Promise<readonly StoredObject<V>[]> {
    return this.#request(() => this.#store.list());
  }

  create(name: string, value: V): Promise<StoredObject<V> | Conflict> {
    return this.#request(() => this.#store.create(name, value));
  }

  update(name: string, version: string, value: V): Promise<StoredObject<V> | Conflict> {
    return this.#request(() => this.#store.update(name, version, value), "conflict");
  }

  delete(name: string, version: string): Promise<"deleted" | Conflict> {
    return this.#request(() => this.#store.delete(name, version));
  }

  async #request<T>(carryOut: () => Promise<T>, conflict?: T): Promise<T> {
    const fault = this.#world.nextFault();
    if (fault === "death") this.#life.die();
    if (fault === "refused") throw new StoreFailure("refused");
    if (fault === "conflict" && conflict !== undefined) return conflict;
    const isLong = fault === "slow" || fault === "late" || fault === "death";
    const done = this.#world.turns(isLong ? longTime : 1).then(carryOut);
    if (fault === "late") throw new StoreFailure("late");
    const result = await done;
    if (fault === "lost") throw new StoreFailure("lost");
    await this.#world.turn();
    // The dead hear nothing.
    return this.#life.isOver ? new Promise<T>(() => undefined) : result;
  }
}
