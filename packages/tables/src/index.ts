/**
 * Keyed reactive tables, derivations from stream to stream, and the reconciler that turns what they
 * desire into kernel state.
 *
 * @module
 */
export { type Collection, collect } from "./collect.ts";
export { batches, type BatchOptions, conflate, type ConflateOptions } from "./conflate.ts";
export { flatten, group, rekey } from "./derive/keys.ts";
export { join, leftJoin, type On } from "./derive/join.ts";
export { union } from "./derive/union.ts";
export { distinct, failures, filterValues, mapValues, successes } from "./derive/values.ts";
export { fill } from "./fill.ts";
export { createEvents, type EventOptions, type EventSource } from "./events.ts";
export { type Derived, type Failure, failure, isFailure } from "./failure.ts";
export { type Corrections, createCorrections } from "./reconcile/corrections.ts";
export type { KeyOperation, KeyStatus } from "./reconcile/key-status.ts";
export type { Histogram, ReconcileMetrics, TargetOperation } from "./reconcile/metrics.ts";
export {
  createReconciler,
  type Reconciler,
  type ReconcilerDeps,
  type ReconcilerOptions,
} from "./reconcile/reconciler.ts";
export type { RetryPolicy } from "./reconcile/retry.ts";
export {
  keyedStoreTarget,
  type Store,
  type StoreKeys,
  type StoreScan,
  storeTarget,
  type StoreTargetOptions,
} from "./reconcile/store-target.ts";
export type { DesiredSet, KeyErrors, ReconcileTarget } from "./reconcile/target.ts";
export { createPrefixIndex, type PrefixIndex, type PrefixLookup } from "./prefix-index.ts";
export type { PrefixEntry } from "./prefix-trie.ts";
export type { Held, Key, Snapshot } from "./snapshot.ts";
export {
  type ComputedState,
  createComputedState,
  createState,
  type MutableState,
  type StateOptions,
} from "./state.ts";
export {
  createTable,
  type MutableTable,
  type Table,
  type TableOptions,
  type WriteListener,
} from "./table.ts";
export {
  createIndex,
  createUniqueIndex,
  type Index,
  type IndexedItem,
  type IndexOptions,
  type UniqueIndex,
} from "./table-index.ts";
export { TableError, type TableErrorCode } from "./table-error.ts";
export { transaction } from "./transaction.ts";
