import { type Clock, toError } from "@heddle/contracts";
import type { Key } from "../snapshot.ts";
import type { KeyOperation } from "./key-status.ts";
import type { KeyErrors, ReconcileTarget } from "./target.ts";

export interface CallListener<K> {
  /** The operation has succeeded, or failed with `error`. */
  settled(key: K, operation: KeyOperation, error: Error | undefined): void;
  /** A call for one key or for many has ended, after so many milliseconds. */
  took(operation: KeyOperation, duration: number): void;
  /** A call that took longer than its turn of the event loop has ended, all its keys being settled. */
  returned(): void;
}

/** Calls a target, one key at a time or many, as it can. */
export class TargetCalls<K extends Key, V> {
  readonly #target: ReconcileTarget<K, V>;
  readonly #clock: Clock;
  readonly #listener: CallListener<K>;
  #updates: (readonly [K, V])[] = [];
  #deletes: K[] = [];
  #open = 0;

  constructor(target: ReconcileTarget<K, V>, clock: Clock, listener: CallListener<K>) {
    this.#target = target;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** How many calls are in flight; what one `flush` started counts as one. */
  get open(): number {
    return this.#open;
  }

  /** Starts the update, with the next `flush` if the target takes many at once. */
  update(key: K, value: V): void {
    if (this.#target.updateMany === undefined) {
      this.#call(key, "update", () => this.#target.update(key, value));
    } else {
      this.#updates.push([key, value]);
    }
  }

  /** Starts the delete, with the next `flush` if the target takes many at once. */
  delete(key: K): void {
    if (this.#target.deleteMany === undefined) {
      this.#call(key, "delete", () => this.#target.delete(key));
    } else {
      this.#deletes.push(key);
    }
  }

  flush(): void {
    if (this.#updates.length + this.#deletes.length > 0) {
      void this.#callMany(this.#updates, this.#deletes);
    }
    this.#updates = [];
    this.#deletes = [];
  }

  /** A synchronous target is settled at once, so that it need not wait for a turn per `concurrency` keys. */
  #call(key: K, operation: KeyOperation, run: () => void | Promise<void>): void {
    const began = this.#clock.monotonic();
    let result: void | Promise<void>;
    let error: Error | undefined;
    try {
      result = run();
    } catch (thrown) {
      result = undefined;
      error = toError(thrown);
    }
    if (result instanceof Promise) {
      void this.#await(result, key, operation, began);
      return;
    }
    this.#listener.took(operation, this.#clock.monotonic() - began);
    this.#listener.settled(key, operation, error);
  }

  async #await(
    result: Promise<void>,
    key: K,
    operation: KeyOperation,
    began: number,
  ): Promise<void> {
    this.#open++;
    const error = await result.then(() => undefined, toError);
    this.#open--;
    this.#listener.took(operation, this.#clock.monotonic() - began);
    this.#listener.settled(key, operation, error);
    this.#listener.returned();
  }

  /** Both kinds at once, so that none of them waits until it is no longer what is desired. */
  async #callMany(updates: readonly (readonly [K, V])[], deletes: readonly K[]): Promise<void> {
    this.#open++;
    const updated = updates.map(([key]) => key);
    await Promise.all([
      this.#settle(updated, "update", () => this.#target.updateMany?.(updates)),
      this.#settle(deletes, "delete", () => this.#target.deleteMany?.(deletes)),
    ]);
    this.#open--;
    this.#listener.returned();
  }

  async #settle(
    keys: readonly K[],
    operation: KeyOperation,
    run: () => KeyErrors<K> | Promise<KeyErrors<K>> | undefined,
  ): Promise<void> {
    if (keys.length === 0) return;
    const began = this.#clock.monotonic();
    const errorOf = await readErrors(run);
    this.#listener.took(operation, this.#clock.monotonic() - began);
    for (const key of keys) this.#listener.settled(key, operation, errorOf(key));
  }
}

async function readErrors<K>(
  run: () => KeyErrors<K> | Promise<KeyErrors<K>> | undefined,
): Promise<(key: K) => Error | undefined> {
  try {
    const errors = await run();
    return (key) => errors?.get(key);
  } catch (thrown) {
    const error = toError(thrown);
    return () => error;
  }
}
