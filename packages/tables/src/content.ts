import type { Held, Key, Snapshot } from "./snapshot.ts";

/** What a table holds, as its writer needs it. */
export interface Content<K extends Key, V> {
  readonly size: number;
  find(key: K): Held<V> | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  entries(): IteratorObject<readonly [K, V]>;
  snapshot(): ContentSnapshot<K, V>;
  /** Makes the content what it was when `snapshot` was taken of it. */
  restore(snapshot: ContentSnapshot<K, V>): void;
}

/** Content at one moment. */
export interface ContentSnapshot<K extends Key, V> extends Snapshot<K, V> {
  find(key: K): Held<V> | undefined;
}
