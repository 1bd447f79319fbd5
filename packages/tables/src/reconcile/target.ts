import type { Key } from "../snapshot.ts";

/**
 * Where desired state is brought to: a BPF map, the routes of a namespace, the devices of a node.
 *
 * Implementing one takes three methods, each idempotent: doing again what is already done succeeds.
 * Each throws (or rejects) when the target does not hold afterwards what it should; the reconciler then
 * tries again, later and with the value that is desired by then. No method is called for a key while
 * another one runs for that key, and none at all while `prune` runs.
 */
export interface ReconcileTarget<K extends Key, V> {
  /** Makes the target hold `value` under `key`, whatever it held there before. */
  update(key: K, value: V): void | Promise<void>;

  /** Makes the target hold nothing under `key`. That it holds nothing already is success. */
  delete(key: K): void | Promise<void>;

  /**
   * Makes the target hold no key but the desired ones. Called once the desired set is complete, which is
   * when its stream has synced, and again at each full reconciliation.
   *
   * A target that can read back what it holds should also compare the values and put right what
   * somebody else changed. One that cannot is served by the option `refreshInterval`.
   */
  prune(desired: DesiredSet<K, V>): void | Promise<void>;

  /**
   * Does `update` for many keys, for a target where this is cheaper.
   *
   * Gives the keys that failed with the error of each, an empty map when none did. Throwing means that
   * any of them may have failed.
   */
  updateMany?(entries: readonly (readonly [K, V])[]): KeyErrors<K> | Promise<KeyErrors<K>>;

  /** Does `delete` for many keys, and tells failures as `updateMany` does. */
  deleteMany?(keys: readonly K[]): KeyErrors<K> | Promise<KeyErrors<K>>;
}

/** The keys of a batch that failed. */
export type KeyErrors<K> = ReadonlyMap<K, Error>;

/** All that is desired at one moment. Never changes. */
export interface DesiredSet<K extends Key, V> {
  /**
   * Whether the target may hold the key. This includes a key whose value could not be derived: it stays
   * as it is, since a mistake in one item must not cut what works.
   */
  has(key: K): boolean;
  /** The desired value; undefined also for a key whose value could not be derived. */
  get(key: K): V | undefined;
  /** Every key for which {@link DesiredSet.has} holds. */
  keys(): IteratorObject<K>;
  /** The keys with a value. */
  entries(): IteratorObject<readonly [K, V]>;
}
