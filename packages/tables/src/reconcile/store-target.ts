import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { toError } from "@heddle/contracts";
import { HashTrie } from "../hash-trie.ts";
import type { Key } from "../snapshot.ts";
import { TableError } from "../table-error.ts";
import { createCorrections } from "./corrections.ts";
import type { DesiredSet, KeyErrors, ReconcileTarget } from "./target.ts";

/** The part of a key-value store that a target needs; a BPF map of `libbpf-napi` and a `Map` have it. */
export interface Store<K, V> {
  /** Creates or replaces. */
  set(key: K, value: V): unknown;
  /** That the key is not there is no error. */
  delete(key: K): unknown;
  /**
   * Sets many, where that is cheaper. When it fails, any of them may be missing: they are then set one by one.
   */
  setMany?(entries: Iterable<readonly [K, V]>): Promise<unknown>;
  /** Deletes many, where that is cheaper. */
  deleteMany?(keys: Iterable<K>): Promise<unknown>;
  /** Everything that the store holds. What changes while it is read may be seen or not. */
  entries(): StoreScan<K, V>;
}

/** The entries of a store, one after the other. */
export type StoreScan<K, V> = (Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>) & {
  /** False after the end when entries may have been left out; the prune is then done again. */
  readonly consistent?: boolean;
};

export interface StoreTargetOptions<V> {
  /**
   * What the store holds, in the plural: `endpoints`. Named in errors.
   *
   * @defaultValue `"entries"`
   */
  readonly name?: string;
  /**
   * Whether a value that the store holds is the desired one. Leave out what others write, as counters.
   *
   * @defaultValue `isDeepStrictEqual` of `node:util`
   */
  readonly equals?: (held: V, desired: V) => boolean;
  /**
   * The fewest entries that are written by `setMany` and `deleteMany` of the store, if it has them. Fewer are
   * written one by one: for a BPF map that costs less than the way to another thread and back.
   *
   * @defaultValue 32
   */
  readonly smallestBatch?: number;
}

/** How the store's own keys, which may be objects, stand for table keys. */
export interface StoreKeys<K extends Key, S> {
  readonly toStore: (key: K) => S;
  /** The inverse. A held key for which it throws is nobody's, and is pruned. */
  readonly fromStore: (stored: S) => K;
}

/** Steps of a prune after which other work of the process gets its turn. */
const stepsPerTurn = 256;

/**
 * A target that is a key-value store with one writer. A prune compares all that the store holds with all
 * that is desired, and puts right what somebody else changed, added or removed. A store that writes many
 * entries at once, as a BPF map of `libbpf-napi` does, is written to in batches.
 */
export function storeTarget<K extends Key, V>(
  store: Store<K, V>,
  options: StoreTargetOptions<V> = {},
): ReconcileTarget<K, V> {
  return new StoreTarget(store, { toStore: (key) => key, fromStore: (key) => key }, options);
}

/** A {@link storeTarget} for a store whose keys are not table keys themselves. */
export function keyedStoreTarget<K extends Key, V, S>(
  store: Store<S, V>,
  keys: StoreKeys<K, S>,
  options: StoreTargetOptions<V> = {},
): ReconcileTarget<K, V> {
  return new StoreTarget(store, keys, options);
}

/** What a store holds that is not as desired. */
interface Difference<K, S> {
  /** Whether the store was read completely. */
  readonly complete: boolean;
  readonly changed: K[];
  readonly undesired: S[];
  readonly missing: K[];
}

class StoreTarget<K extends Key, V, S> implements ReconcileTarget<K, V> {
  readonly updateMany?: (entries: readonly (readonly [K, V])[]) => Promise<KeyErrors<K>>;
  readonly deleteMany?: (keys: readonly K[]) => Promise<KeyErrors<K>>;
  readonly #store: Store<S, V>;
  readonly #keys: StoreKeys<K, S>;
  readonly #equals: (held: V, desired: V) => boolean;
  readonly #name: string;
  readonly #smallestBatch: number;

  constructor(store: Store<S, V>, keys: StoreKeys<K, S>, options: StoreTargetOptions<V>) {
    this.#store = store;
    this.#keys = keys;
    this.#equals = options.equals ?? isDeepStrictEqual;
    this.#name = options.name ?? "entries";
    this.#smallestBatch = options.smallestBatch ?? 32;
    if (store.setMany !== undefined) this.updateMany = (entries) => this.#setMany(entries);
    if (store.deleteMany !== undefined) this.deleteMany = (many) => this.#deleteMany(many);
  }

  update(key: K, value: V): void | Promise<void> {
    return completion(this.#store.set(this.#keys.toStore(key), value));
  }

  delete(key: K): void | Promise<void> {
    return completion(this.#store.delete(this.#keys.toStore(key)));
  }

  async prune(desired: DesiredSet<K, V>): Promise<void> {
    const { changed, undesired, missing, complete } = await this.#compare(desired);
    // What is missing comes last, since a full store has room for it only then.
    const corrections = createCorrections(this.#name);
    const put = (keys: readonly K[]) => this.#put(keys, desired);
    corrections.add(changed.length, await inTurns(changed, put));
    corrections.add(undesired.length, await inTurns(undesired, (keys) => this.#remove(keys)));
    corrections.add(missing.length, await inTurns(missing, put));
    corrections.end();
    if (!complete) throw incompleteError(this.#name);
  }

  async #compare(desired: DesiredSet<K, V>): Promise<Difference<K, S>> {
    const changed: K[] = [];
    const undesired: S[] = [];
    const missing: K[] = [];
    const seen = new HashTrie<K, true>();
    const scan = this.#store.entries();
    let steps = 0;
    for await (const [stored, held] of scan) {
      const key = this.#keyOf(stored);
      if (key === undefined || !desired.has(key)) {
        undesired.push(stored);
      } else {
        seen.set(key, true);
        const value = desired.get(key);
        if (value !== undefined && !this.#isAsDesired(held, value)) changed.push(key);
      }
      if (++steps % stepsPerTurn === 0) await nextTurn();
    }
    for (const [key] of desired.entries()) {
      if (!seen.has(key)) missing.push(key);
      if (++steps % stepsPerTurn === 0) await nextTurn();
    }
    return { changed, undesired, missing, complete: scan.consistent !== false };
  }

  /** A value that cannot be compared is written anew. */
  #isAsDesired(held: V, value: V): boolean {
    try {
      return this.#equals(held, value);
    } catch {
      return false;
    }
  }

  async #put(keys: readonly K[], desired: DesiredSet<K, V>): Promise<Iterable<Error>> {
    const entries: (readonly [K, V])[] = [];
    for (const key of keys) {
      const value = desired.get(key);
      if (value !== undefined) entries.push([key, value]);
    }
    return (await this.#setMany(entries)).values();
  }

  async #remove(stored: readonly S[]): Promise<Iterable<Error>> {
    const many = this.#store.deleteMany?.bind(this.#store, stored);
    return (await this.#write(stored, many, (key) => this.#store.delete(key))).values();
  }

  async #setMany(entries: readonly (readonly [K, V])[]): Promise<KeyErrors<K>> {
    const { toStore } = this.#keys;
    const setMany = this.#store.setMany?.bind(this.#store);
    const many = () => setMany?.(entries.map(([key, value]) => [toStore(key), value]));
    const errors = await this.#write(
      entries,
      setMany === undefined ? undefined : many,
      ([key, value]) => this.#store.set(toStore(key), value),
    );
    return new Map(errors.entries().map(([[key], error]) => [key, error]));
  }

  async #deleteMany(keys: readonly K[]): Promise<KeyErrors<K>> {
    const { toStore } = this.#keys;
    const deleteMany = this.#store.deleteMany?.bind(this.#store);
    const many = () => deleteMany?.(keys.map(toStore));
    return this.#write(keys, many, (key) => this.#store.delete(toStore(key)));
  }

  /**
   * Writes all items at once where that pays; one by one where it does not, and where it failed, which tells
   * the items that are to blame from the others. Gives the errors.
   */
  async #write<T>(
    items: readonly T[],
    many: (() => Promise<unknown> | undefined) | undefined,
    one: (item: T) => unknown,
  ): Promise<Map<T, Error>> {
    const pays = many !== undefined && items.length >= this.#smallestBatch;
    if (pays && (await succeeds(many))) return new Map();
    const errors = new Map<T, Error>();
    for (const item of items) {
      try {
        const result = one(item);
        if (result instanceof Promise) await result;
      } catch (thrown) {
        errors.set(item, toError(thrown));
      }
    }
    return errors;
  }

  #keyOf(stored: S): K | undefined {
    try {
      return this.#keys.fromStore(stored);
    } catch {
      return undefined;
    }
  }
}

function incompleteError(subject: string): TableError {
  const reason = "entries changed faster than they could be read";
  return new TableError({ code: "prune-failed", operation: "prune", subject, reason });
}

/** Waits for a store that takes its time, and not for one that does not. */
function completion(result: unknown): void | Promise<void> {
  if (result instanceof Promise) return result.then(() => undefined);
}

async function succeeds(run: () => Promise<unknown> | undefined): Promise<boolean> {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
}

/** Writes the items a part per turn, and gives the errors. */
async function inTurns<T>(
  items: readonly T[],
  write: (part: readonly T[]) => Promise<Iterable<Error>>,
): Promise<Error[]> {
  const errors: Error[] = [];
  for (let start = 0; start < items.length; start += stepsPerTurn) {
    errors.push(...(await write(items.slice(start, start + stepsPerTurn))));
    await nextTurn();
  }
  return errors;
}
