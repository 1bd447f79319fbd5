import type { ChangeStream } from "@heddle/contracts";

/** A named value in a store, with the version that the store gave it. */
export interface StoredObject<V> {
  readonly name: string;
  /** Another one after each write; means something to the store alone. */
  readonly version: string;
  readonly value: V;
}

/** Somebody else was first. Nothing was written. */
export type Conflict = "conflict";

/**
 * Named objects that several programs write, each write conditional on what the writer has seen. This is what the
 * Kubernetes API offers for objects of one kind: `version` is its `resourceVersion`, a conflict its answer 409.
 *
 * Once a write resolves it is there for good. When a method rejects, a write may have happened or not.
 */
export interface ObjectStore<V> {
  get(name: string): Promise<StoredObject<V> | undefined>;
  list(): Promise<readonly StoredObject<V>[]>;
  /** Makes an object; a conflict where there is one of this name. */
  create(name: string, value: V): Promise<StoredObject<V> | Conflict>;
  /** Replaces an object of this version; a conflict where it has another one, or is gone. */
  update(name: string, version: string, value: V): Promise<StoredObject<V> | Conflict>;
  /** Deletes an object of this version; a conflict where it has another one. One that is gone is deleted. */
  delete(name: string, version: string): Promise<"deleted" | Conflict>;
  /** The objects: what is there, then what changes. May lag behind. */
  readonly changes$: ChangeStream<string, StoredObject<V>>;
}
