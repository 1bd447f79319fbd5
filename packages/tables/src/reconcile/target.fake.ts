import {
  createLogger,
  createManualClock,
  type LogRecord,
  type ManualClock,
} from "@heddle/contracts";
import type { Derived } from "../failure.ts";
import { createTable, type MutableTable } from "../table.ts";
import { createReconciler, type Reconciler, type ReconcilerOptions } from "./reconciler.ts";
import type { DesiredSet, KeyErrors, ReconcileTarget } from "./target.ts";

/** A target that writes down its calls, fails for what is in `broken` and can be made to wait. */
export class FakeTarget implements ReconcileTarget<string, number> {
  readonly held: Map<string, number> = new Map();
  readonly calls: string[] = [];
  /** Keys for which operations fail; `prune` breaks the prune. */
  readonly broken: Set<string> = new Set();
  /** How long each call takes by the clock. */
  duration: { readonly clock: ManualClock; readonly milliseconds: number } | undefined;
  /** Operations are held back here while it is set. */
  #gate: (() => void)[] | undefined;

  update(key: string, value: number): void | Promise<void> {
    return this.#call(`${key}=${String(value)}`, key, () => this.held.set(key, value));
  }

  delete(key: string): void | Promise<void> {
    return this.#call(`-${key}`, key, () => this.held.delete(key));
  }

  prune(desired: DesiredSet<string, number>): void | Promise<void> {
    const keep = [...desired.entries()].map(([key]) => key).toSorted();
    return this.#call(`prune to ${keep.join(",")}`, "prune", () => {
      for (const key of this.held.keys()) if (!desired.has(key)) this.held.delete(key);
    });
  }

  /** From now on operations take until `open`. */
  shut(): void {
    this.#gate = [];
  }

  open(): void {
    const waiting = this.#gate ?? [];
    this.#gate = undefined;
    for (const proceed of waiting) proceed();
  }

  /** Lets the time pass that a call takes. */
  protected pass(): void {
    this.duration?.clock.advance(this.duration.milliseconds);
  }

  async #waitAtGate(run: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#gate?.push(resolve);
    });
    run();
  }

  #call(line: string, key: string, apply: () => unknown): void | Promise<void> {
    this.calls.push(line);
    this.pass();
    const run = () => {
      if (this.broken.has(key)) throw new Error(`${key} is broken`);
      apply();
    };
    if (this.#gate !== undefined) return this.#waitAtGate(run);
    return run();
  }
}

/** A target that does many at once, and says which of them failed. */
export class BatchTarget extends FakeTarget {
  whole = true;

  async updateMany(entries: readonly (readonly [string, number])[]): Promise<KeyErrors<string>> {
    const errors = new Map<string, Error>();
    this.calls.push(`update ${entries.map(([key]) => key).join(",")}`);
    this.pass();
    await Promise.resolve();
    for (const [key, value] of entries) {
      if (this.broken.has(key)) errors.set(key, new Error(`${key} is broken`));
      else this.held.set(key, value);
    }
    return errors;
  }

  deleteMany(keys: readonly string[]): KeyErrors<string> {
    this.calls.push(`delete ${keys.join(",")}`);
    this.pass();
    if (!this.whole) throw new Error("all is broken");
    for (const key of keys) this.held.delete(key);
    return new Map();
  }
}

/** A reconciler with all around it that a test needs. */
export interface Scene<T> {
  readonly target: T;
  readonly clock: ManualClock;
  readonly desired: MutableTable<string, Derived<number>>;
  readonly log: readonly LogRecord[];
  readonly reconciler: Reconciler<string>;
}

export function scene(options: Partial<ReconcilerOptions> = {}): Scene<FakeTarget> {
  return sceneWith(new FakeTarget(), options);
}

export function sceneWith<T extends ReconcileTarget<string, number>>(
  target: T,
  options: Partial<ReconcilerOptions> = {},
): Scene<T> {
  const clock = createManualClock();
  const desired = createTable<string, Derived<number>>({ name: "desired" });
  const log: LogRecord[] = [];
  const logger = createLogger((record) => log.push(record));
  const reconciler = createReconciler(
    { desired$: desired.changes$, target, clock, logger, random: () => 0.5 },
    { name: "routes", ...options },
  );
  return { target, clock, desired, log, reconciler };
}
