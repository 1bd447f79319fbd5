import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { toError } from "@heddle/contracts";
import type { Key } from "../snapshot.ts";
import { TableError } from "../table-error.ts";
import type { DesiredSet, ReconcileTarget } from "./target.ts";

/** The part of a key-value store that a target needs; a BPF map of `libbpf-napi` and a `Map` have it. */
export interface Store<K, V> {
  /** Creates or replaces. */
  set(key: K, value: V): unknown;
  /** That the key is not there is no error. */
  delete(key: K): unknown;
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
 * that is desired, and puts right what somebody else changed, added or removed.
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
  readonly #store: Store<S, V>;
  readonly #keys: StoreKeys<K, S>;
  readonly #equals: (held: V, desired: V) => boolean;
  readonly #name: string;

  constructor(store: Store<S, V>, keys: StoreKeys<K, S>, options: StoreTargetOptions<V>) {
    this.#store = store;
    this.#keys = keys;
    this.#equals = options.equals ?? isDeepStrictEqual;
    this.#name = options.name ?? "entries";
  }

  update(key: K, value: V): void | Promise<void> {
    return completion(this.#store.set(this.#keys.toStore(key), value));
  }

  delete(key: K): void | Promise<void> {
    return completion(this.#store.delete(this.#keys.toStore(key)));
  }

  async prune(desired: DesiredSet<K, V>): Promise<void> {
    const { changed, undesired, missing, complete } = await this.#compare(desired);
    const set = (key: K) => {
      const value = desired.get(key);
      return value === undefined ? undefined : this.update(key, value);
    };
    // What is missing comes last, since a full store has room for it only then.
    const corrections = [
      ...changed.map((key) => () => set(key)),
      ...undesired.map((stored) => () => this.#store.delete(stored)),
      ...missing.map((key) => () => set(key)),
    ];
    const errors = await attemptAll(corrections);
    if (errors.length > 0) throw this.#failedCorrections(errors, corrections.length);
    if (!complete) throw this.#pruneError("entries changed faster than they could be read");
  }

  async #compare(desired: DesiredSet<K, V>): Promise<Difference<K, S>> {
    const changed: K[] = [];
    const undesired: S[] = [];
    const missing: K[] = [];
    const seen = new Set<K>();
    const scan = this.#store.entries();
    let steps = 0;
    for await (const [stored, held] of scan) {
      const key = this.#keyOf(stored);
      if (key === undefined || !desired.has(key)) {
        undesired.push(stored);
      } else {
        seen.add(key);
        const value = desired.get(key);
        if (value !== undefined && !this.#equals(held, value)) changed.push(key);
      }
      if (++steps % stepsPerTurn === 0) await nextTurn();
    }
    for (const [key] of desired.entries()) {
      if (!seen.has(key)) missing.push(key);
      if (++steps % stepsPerTurn === 0) await nextTurn();
    }
    return { changed, undesired, missing, complete: scan.consistent !== false };
  }

  #keyOf(stored: S): K | undefined {
    try {
      return this.#keys.fromStore(stored);
    } catch {
      return undefined;
    }
  }

  #failedCorrections(errors: readonly Error[], corrections: number): TableError {
    const [first] = errors;
    const count = `${String(errors.length)} of ${String(corrections)} corrections failed`;
    const cause = errors.length === 1 ? first : new AggregateError(errors);
    return this.#pruneError(`${count}, the first: ${first?.message ?? ""}`, cause);
  }

  #pruneError(reason: string, cause?: unknown): TableError {
    return new TableError({
      code: "prune-failed",
      operation: "prune",
      subject: this.#name,
      reason,
      cause,
    });
  }
}

/** Waits for a store that takes its time, and not for one that does not. */
function completion(result: unknown): void | Promise<void> {
  if (result instanceof Promise) return result.then(() => undefined);
}

/** Runs every task, also after failures, and gives the errors. */
async function attemptAll(tasks: readonly (() => unknown)[]): Promise<Error[]> {
  const errors: Error[] = [];
  for (const [index, task] of tasks.entries()) {
    try {
      await task();
    } catch (thrown) {
      errors.push(toError(thrown));
    }
    if (index % stepsPerTurn === stepsPerTurn - 1) await nextTurn();
  }
  return errors;
}
