import type { Clock } from "@heddle/contracts";
import type { HashTrie } from "../hash-trie.ts";
import type { Key } from "../snapshot.ts";
import { createTableOf, type MutableTable, type Table } from "../table.ts";
import { WorkQueue } from "../work-queue.ts";
import {
  doneStatus,
  type KeyOperation,
  type KeyStatus,
  pendingStatus,
  status,
} from "./key-status.ts";
import { type RetryPolicy, retryDelay } from "./retry.ts";
import { StatusContent } from "./status-content.ts";

interface Trouble {
  readonly status: KeyStatus;
  readonly retry: Disposable | undefined;
}

export interface LedgerDeps {
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly random: () => number;
}

/** What is known of each key: its status, and its next attempt when it failed. */
export class Ledger<K extends Key> {
  readonly #status: MutableTable<K, KeyStatus>;
  /** Of the keys that have failed, the one that has been failing for longest first. */
  readonly #troubles = new WorkQueue<K, Trouble>();
  readonly #clock: Clock;
  readonly #policy: RetryPolicy;
  readonly #random: () => number;

  /** `desired` has the keys that are desired, at each call of a method. */
  constructor(name: string, desired: HashTrie<K, unknown>, { clock, policy, random }: LedgerDeps) {
    this.#status = createTableOf(new StatusContent(desired), { name });
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
    const first = this.#troubles.first;
    return first === undefined ? undefined : { key: first.key, status: first.work.status };
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
    for (const trouble of this.#troubles.works()) trouble.retry?.[Symbol.dispose]();
  }

  #record(key: K, failed: KeyStatus, retry: Disposable | undefined): void {
    this.#troubles.add(key, { status: failed, retry });
    this.#status.upsert(key, failed);
  }

  #forget(key: K): void {
    if (this.#troubles.size === 0) return;
    this.#troubles.get(key)?.retry?.[Symbol.dispose]();
    this.#troubles.delete(key);
  }
}
