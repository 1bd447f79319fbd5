import type { Observable } from "rxjs";

/**
 * A value that always is: a subscriber gets the current value at once, then each new one.
 *
 * Intermediate values may be skipped by whoever publishes it. Never errors.
 */
export interface StateStream<T> extends Observable<T> {
  /** The value a new subscriber would get. */
  readonly value: T;
}

/** The key has this value from now on. */
export interface Upsert<K, V> {
  readonly kind: "upsert";
  readonly key: K;
  readonly value: V;
}

/** The key is gone. */
export interface Delete<K> {
  readonly kind: "delete";
  readonly key: K;
}

/** Everything that existed when the subscription began has been delivered. Sent once per subscription. */
export interface Synced {
  readonly kind: "synced";
}

/** One step of a keyed collection. */
export type Change<K, V> = Upsert<K, V> | Delete<K> | Synced;

/**
 * A keyed collection as a stream: a subscriber first gets an upsert for each present key, then
 * {@link Synced} as soon as the source knows its whole content, then what changes.
 *
 * A key may appear again before `synced`; its latest upsert counts. Never errors; a failure of one
 * item is that item's value.
 */
export type ChangeStream<K, V> = Observable<Change<K, V>>;

/** Things that happen: no replay, and what a slow consumer missed is counted. */
export interface EventStream<T> {
  readonly events$: Observable<T>;
  /** How many events were lost since the source started. */
  readonly dropped$: StateStream<number>;
}
