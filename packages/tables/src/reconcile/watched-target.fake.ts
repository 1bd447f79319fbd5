import { toError } from "@heddle/contracts";
import type { Derived } from "../failure.ts";
import type { Table } from "../table.ts";
import type { DesiredSet, KeyErrors, ReconcileTarget } from "./target.ts";

/** What the watcher compares with, and where it notes what it sees. */
export interface WatchedWorld {
  readonly desired: Table<string, Derived<number>>;
  readonly violations: string[];
  /** Whether the next batch fails as a whole. */
  failBatch: boolean;
}

type Entries = readonly (readonly [string, number])[];

/** Passes on to a target, and notes what the reconciler was not allowed to do. */
export class Watched implements ReconcileTarget<string, number> {
  readonly updateMany?: (entries: Entries) => Promise<KeyErrors<string>>;
  readonly deleteMany?: (keys: readonly string[]) => Promise<KeyErrors<string>>;
  readonly #inner: ReconcileTarget<string, number>;
  readonly #world: WatchedWorld;
  readonly #busy = new Set<string>();
  #pruning = false;

  constructor(inner: ReconcileTarget<string, number>, world: WatchedWorld) {
    this.#inner = inner;
    this.#world = world;
    if (inner.updateMany !== undefined) {
      this.updateMany = (entries) =>
        this.#watchMany(entries, async () => inner.updateMany?.(entries) ?? new Map());
    }
    if (inner.deleteMany !== undefined) {
      this.deleteMany = (keys) =>
        this.#watchMany(
          keys.map((key) => [key, undefined]),
          async () => inner.deleteMany?.(keys) ?? new Map(),
        );
    }
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
    this.#mayBegin(key, value);
    const result = run();
    return result instanceof Promise ? this.#occupy(key, result) : result;
  }

  #mayBegin(key: string, value: number | undefined): void {
    this.#check(!this.#pruning, `${key} while pruning`);
    this.#check(!this.#busy.has(key), `${key} twice at once`);
    this.#check(this.#world.desired.get(key) === value, `${key} is not what is desired`);
  }

  async #watchMany<T>(
    entries: readonly (readonly [string, number | undefined])[],
    run: () => Promise<T>,
  ): Promise<T> {
    for (const [key, value] of entries) {
      this.#mayBegin(key, value);
      this.#busy.add(key);
    }
    try {
      return await run();
    } finally {
      for (const [key] of entries) this.#busy.delete(key);
    }
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
    if (!holds) this.#world.violations.push(violation);
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

/** A target whose batches are made of single operations, and may fail as a whole when all is done. */
export function batched(target: Watched, world: WatchedWorld): ReconcileTarget<string, number> {
  const finish = (errors: KeyErrors<string>) => {
    if (!world.failBatch) return errors;
    world.failBatch = false;
    throw new Error("the whole batch");
  };
  return {
    update: (key, value) => target.update(key, value),
    delete: (key) => target.delete(key),
    prune: (desired) => target.prune(desired),
    updateMany: async (entries) =>
      finish(
        await runAll(
          entries,
          ([key]) => key,
          ([key, value]) => target.update(key, value),
        ),
      ),
    deleteMany: async (keys) =>
      finish(
        await runAll(
          keys,
          (key) => key,
          (key) => target.delete(key),
        ),
      ),
  };
}

/** The values that were desired of a key, one after the other, and how far the store has come with them. */
interface History {
  readonly values: (number | undefined)[];
  reached: number;
}

/** What was desired of each key, and whether it is written in that order. */
export class Histories {
  readonly #byKey = new Map<string, History>();
  readonly violations: string[] = [];

  wanted(key: string, value: number | undefined): void {
    this.#of(key).values.push(value);
  }

  /** A write of what was desired before something that was written already comes too late. */
  applied(key: string, value: number | undefined): void {
    const history = this.#of(key);
    const index = history.values.indexOf(value, history.reached);
    if (index < 0) this.violations.push(`${key}=${String(value)} out of order`);
    else history.reached = index;
  }

  #of(key: string): History {
    const known = this.#byKey.get(key) ?? { values: [undefined], reached: 0 };
    this.#byKey.set(key, known);
    return known;
  }
}
