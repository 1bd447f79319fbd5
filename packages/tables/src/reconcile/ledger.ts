import type { Clock } from "@heddle/contracts";
import type { Key } from "../snapshot.ts";
import { createTable, type MutableTable, type Table } from "../table.ts";
import { type RetryPolicy, retryDelay } from "./retry.ts";

/** What the reconciler does, or last did, for a key. */
export type KeyOperation = "update" | "delete";

/** How far the reconciler has come with one key. */
export interface KeyStatus {
  /** `failed` stays until an operation succeeds or another value is desired, also while it is retried. */
  readonly phase: "pending" | "done" | "failed";
  readonly operation: KeyOperation;
  /** Failures in a row since this value is desired. 0 when the value could not be derived at all. */
  readonly failures: number;
  /** What went wrong last; undefined unless `failed`. */
  readonly error: Error | undefined;
}

interface Trouble {
  readonly status: KeyStatus;
  readonly retry: Disposable | undefined;
}

/** One object per state that any number of keys are in, since there can be a million of them. */
const pendingStatus = {
  update: status("pending", "update"),
  delete: status("pending", "delete"),
} as const;
const doneStatus = status("done", "update");

/** What is known of each key: its status, and its next attempt when it failed. */
export class Ledger<K extends Key> {
  readonly #status: MutableTable<K, KeyStatus>;
  readonly #troubles = new Map<K, Trouble>();
  readonly #clock: Clock;
  readonly #policy: RetryPolicy;
  readonly #random: () => number;

  constructor(name: string, clock: Clock, policy: RetryPolicy, random: () => number) {
    this.#status = createTable({ name });
    this.#clock = clock;
    this.#policy = policy;
    this.#random = random;
  }

  get status(): Table<K, KeyStatus> {
    return this.#status;
  }

  /** How many keys have failed. */
  get failed(): number {
    return this.#troubles.size;
  }

  /** The key that has been failing for longest. */
  get firstFailed(): { readonly key: K; readonly status: KeyStatus } | undefined {
    for (const [key, trouble] of this.#troubles) return { key, status: trouble.status };
    return undefined;
  }

  hasFailed(key: K): boolean {
    return this.#troubles.has(key);
  }

  markSynced(): void {
    this.#status.markSynced();
  }

  /** Something else is desired of the key than before; what went wrong until now is forgotten. */
  pending(key: K, operation: KeyOperation): void {
    this.#forget(key);
    this.#status.upsert(key, pendingStatus[operation]);
  }

  done(key: K, operation: KeyOperation): void {
    this.#forget(key);
    if (operation === "delete") this.#status.delete(key);
    else this.#status.upsert(key, doneStatus);
  }

  /** The desired value could not be derived: nothing to try again until another one comes. */
  underivable(key: K, error: Error): void {
    this.#forget(key);
    this.#record(key, { ...status("failed", "update"), error }, undefined);
  }

  /** An operation failed; `retry` is called when it is time for another attempt. */
  failure(key: K, operation: KeyOperation, error: Error, retry: () => void): KeyStatus {
    const failures = (this.#troubles.get(key)?.status.failures ?? 0) + 1;
    const delay = retryDelay(this.#policy, failures, this.#random());
    const failed: KeyStatus = { phase: "failed", operation, failures, error };
    this.#record(key, failed, this.#clock.schedule(delay, retry));
    return failed;
  }

  /** Lets go of all timers. */
  close(): void {
    for (const trouble of this.#troubles.values()) trouble.retry?.[Symbol.dispose]();
  }

  #record(key: K, failed: KeyStatus, retry: Disposable | undefined): void {
    this.#troubles.set(key, { status: failed, retry });
    this.#status.upsert(key, failed);
  }

  #forget(key: K): void {
    this.#troubles.get(key)?.retry?.[Symbol.dispose]();
    this.#troubles.delete(key);
  }
}

function status(phase: KeyStatus["phase"], operation: KeyOperation): KeyStatus {
  return { phase, operation, failures: 0, error: undefined };
}
