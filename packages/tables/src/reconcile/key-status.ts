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

/** One object per state that any number of keys are in, since there can be a million of them. */
export const pendingStatus: Readonly<Record<KeyOperation, KeyStatus>> = {
  update: status("pending", "update"),
  delete: status("pending", "delete"),
};
export const doneStatus: KeyStatus = status("done", "update");

export function status(phase: KeyStatus["phase"], operation: KeyOperation): KeyStatus {
  return { phase, operation, failures: 0, error: undefined };
}
