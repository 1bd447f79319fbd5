import { toError } from "@heddle/contracts";
import { TableError } from "./table-error.ts";

/**
 * The value of an item that could not be derived.
 *
 * It travels like any value, past functions that were written for good ones, to whoever reports it:
 * a reconciler leaves the key as it is in its target and shows it as failed.
 */
class ItemFailure {
  /** Private, so that no value of a user passes for a failure. */
  readonly #error: Error;

  constructor(error: Error) {
    this.#error = error;
  }

  get error(): Error {
    return this.#error;
  }
}
export type Failure = ItemFailure;

/** What a derivation yields per item: a value, or why there is none. */
export type Derived<V> = V | Failure;

/** Marks an item as failed; for functions that would rather return than throw. */
export function failure(error: Error): Failure {
  return new ItemFailure(error);
}

export function isFailure(value: unknown): value is Failure {
  return value instanceof ItemFailure;
}

/** What `derive` returns, or the failure of the item `key` when it throws. */
export function attempt<V>(key: unknown, derive: () => Derived<V>): Derived<V> {
  try {
    return derive();
  } catch (thrown) {
    return derivationFailed(key, thrown);
  }
}

/** What becomes of the item `key` when a function threw for it. */
export function derivationFailed(key: unknown, thrown: unknown): Failure {
  return new ItemFailure(
    new TableError({
      code: "derivation-failed",
      operation: "derive",
      subject: String(key),
      reason: toError(thrown).message,
      cause: thrown,
    }),
  );
}
