/** What a table is keyed by. Compared by value; branded strings and numbers are keys, `NaN` is not. */
export type Key = string | number;

/** A keyed collection at one moment. Never changes; taking one costs the same at any size. */
export interface Snapshot<K extends Key, V> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  /** Each entry once, in no particular order. */
  entries(): IteratorObject<readonly [K, V]>;
}

/** A value that may itself be `undefined`. */
export interface Held<V> {
  readonly value: V;
}

/** A total order of keys: numbers before strings, each in their own order. */
export function precedes(left: Key, right: Key): boolean {
  return typeof left === typeof right ? left < right : typeof left === "number";
}
