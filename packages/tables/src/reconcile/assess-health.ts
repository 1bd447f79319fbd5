import type { Health } from "@heddle/contracts";
import type { Key } from "../snapshot.ts";
import type { KeyStatus } from "./key-status.ts";

/** What the health of a reconciler depends on. */
export interface ReconcilerState<K extends Key> {
  readonly name: string;
  /** Why the stream of what is desired ended. */
  readonly sourceError: Error | undefined;
  readonly synced: boolean;
  readonly keys: number;
  readonly failed: number;
  readonly firstFailed: { readonly key: K; readonly status: KeyStatus } | undefined;
  readonly pruned: boolean;
  readonly pruneError: Error | undefined;
}

export function assessHealth<K extends Key>(state: ReconcilerState<K>): Health {
  const { name, sourceError, firstFailed, pruneError } = state;
  if (sourceError !== undefined) {
    const message = `the stream of desired ${name} ended: ${sourceError.message}`;
    return { level: "failed", message };
  }
  if (firstFailed !== undefined) {
    const { operation, error } = firstFailed.status;
    const count = `${String(state.failed)} of ${String(state.keys)} ${name} failed`;
    const reason = error?.message ?? "";
    const message = `${count}; ${operation} of ${String(firstFailed.key)}: ${reason}`;
    return { level: "degraded", message };
  }
  if (pruneError !== undefined) {
    return { level: "degraded", message: `pruning ${name} failed: ${pruneError.message}` };
  }
  if (state.pruned) return { level: "ok", message: `all ${name} are in place` };
  const message = state.synced ? `pruning ${name}` : `waiting for all desired ${name}`;
  return { level: "starting", message };
}
