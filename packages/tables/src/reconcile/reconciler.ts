import type { ChangeStream, Clock, Health, Logger, Service, StateStream } from "@heddle/contracts";
import type { Derived } from "../failure.ts";
import type { Key } from "../snapshot.ts";
import type { Table } from "../table.ts";
import { TableError } from "../table-error.ts";
import type { KeyStatus } from "./key-status.ts";
import type { ReconcileMetrics } from "./metrics.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./retry.ts";
import type { ReconcileTarget } from "./target.ts";
import { TargetReconciler } from "./target-reconciler.ts";

/** Keeps a target holding what a stream desires, from `start` to `close`. */
export interface Reconciler<K extends Key> extends Service {
  /**
   * Each key that is desired or being removed, with how far it has come. A key that was removed is not
   * there. Synced when the desired stream is.
   */
  readonly status: Table<K, KeyStatus>;
  /**
   * `starting` until the first prune succeeded; `degraded` while a key or the prune fails, with the
   * first one named; `failed` when the desired stream ended with an error.
   */
  readonly health$: StateStream<Health>;
  /**
   * Counts, durations and what there is to do. `value` is of the moment in which it is read; subscribers are
   * told after each round.
   */
  readonly metrics$: StateStream<ReconcileMetrics>;
  /** Asks for a full reconciliation: `prune` runs once what waits now has been attempted. */
  requestPrune(): void;
  /**
   * Resolves when the target holds exactly what is desired: synced, pruned and each key `done`.
   * Rejects with {@link TableError} `closed` when that can no longer come.
   */
  whenSettled(): Promise<void>;
  /**
   * Resolves when there is nothing to do before time passes or something changes: what could be done is
   * done, and what failed waits for its next attempt. Rejects as `whenSettled` does.
   */
  whenIdle(): Promise<void>;
  /** Stops, and waits for operations in flight. What waits is not done. */
  close(): Promise<void>;
}

export interface ReconcilerDeps<K extends Key, V> {
  readonly desired$: ChangeStream<K, Derived<V>>;
  readonly target: ReconcileTarget<K, V>;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * A number from 0 to 1, for the jitter of retries.
   *
   * @defaultValue `Math.random`
   */
  readonly random?: () => number;
}

export interface ReconcilerOptions {
  /** What is reconciled, in the plural: `pod routes`. Named in status, health and log. */
  readonly name: string;
  /**
   * Calls of the target that may be in flight at once, each for other keys. What a round has for
   * `updateMany` and for `deleteMany` counts as one.
   *
   * @defaultValue 16
   */
  readonly concurrency?: number;
  /**
   * Keys taken up in one round, which is one turn of the event loop, and in one call of `updateMany`
   * or `deleteMany`.
   *
   * @defaultValue 256
   */
  readonly batchSize?: number;
  /**
   * Milliseconds from the start of one round to the next: more of it makes larger batches and a slower,
   * calmer target. The first change after a pause never waits. `batchSize` keys per `roundInterval` is the
   * highest rate that the target sees, retries included.
   *
   * @defaultValue 0
   */
  readonly roundInterval?: number;
  /** Delays between attempts of one key, or of the prune. */
  readonly retry?: Partial<RetryPolicy>;
  /**
   * Milliseconds between full reconciliations, counted from the end of the last one.
   *
   * @defaultValue `Infinity`: one at the beginning, then only by {@link Reconciler.requestPrune}
   */
  readonly pruneInterval?: number;
  /**
   * Milliseconds after which every key is updated again, for a target whose `prune` cannot compare
   * values. Changes go first.
   *
   * @defaultValue `Infinity`: never
   */
  readonly refreshInterval?: number;
}

/** Options with their defaults filled in. */
export type Settings = Required<Omit<ReconcilerOptions, "retry">> & { readonly retry: RetryPolicy };

/**
 * Brings a target to what a stream desires, and keeps it there.
 *
 * Changes are conflated per key until the next turn of the event loop and while an operation for the key
 * is in flight, so that a slow target costs memory in proportion to keys, not to changes. Nothing is
 * pruned before the stream has synced. A failed value leaves its key as it is in the target.
 *
 * @throws {TableError} `invalid-option`
 */
export function createReconciler<K extends Key, V>(
  deps: ReconcilerDeps<K, V>,
  options: ReconcilerOptions,
): Reconciler<K> {
  const settings: Settings = {
    concurrency: 16,
    batchSize: 256,
    roundInterval: 0,
    pruneInterval: Infinity,
    refreshInterval: Infinity,
    ...options,
    retry: { ...defaultRetryPolicy, ...options.retry },
  };
  validate(settings);
  return new TargetReconciler(deps, settings);
}

function validate(settings: Settings): void {
  const { concurrency, batchSize, roundInterval, pruneInterval, refreshInterval, retry } = settings;
  const rules: readonly (readonly [string, number, boolean, string])[] = [
    ["concurrency", concurrency, isCount(concurrency), "a positive integer"],
    ["batchSize", batchSize, isCount(batchSize), "a positive integer"],
    ["roundInterval", roundInterval, roundInterval >= 0, "0 or more milliseconds"],
    ["pruneInterval", pruneInterval, pruneInterval > 0, "more than 0 milliseconds"],
    ["refreshInterval", refreshInterval, refreshInterval > 0, "more than 0 milliseconds"],
    ["retry.initialDelay", retry.initialDelay, retry.initialDelay > 0, "more than 0 milliseconds"],
    ["retry.maxDelay", retry.maxDelay, retry.maxDelay > 0, "more than 0 milliseconds"],
    ["retry.jitter", retry.jitter, retry.jitter >= 0 && retry.jitter <= 1, "from 0 to 1"],
  ];
  for (const [option, value, valid, expected] of rules) {
    if (!valid) throw badOption(settings.name, option, value, expected);
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}

function badOption(name: string, option: string, value: number, expected: string): TableError {
  return new TableError({
    code: "invalid-option",
    operation: "create reconciler",
    subject: name,
    reason: `${option} is ${String(value)}, not ${expected}`,
  });
}
