import { type Derived, isFailure } from "../failure.ts";
import type { Key, Snapshot } from "../snapshot.ts";
import type { DesiredSet } from "./target.ts";

/** The desired set of a snapshot in which some values could not be derived. */
export function createDesiredSet<K extends Key, V>(
  snapshot: Snapshot<K, Derived<V>>,
): DesiredSet<K, V> {
  return {
    has: (key) => snapshot.has(key),
    get: (key) => {
      const value = snapshot.get(key);
      return isFailure(value) ? undefined : value;
    },
    *keys() {
      for (const [key] of snapshot.entries()) yield key;
      return undefined;
    },
    *entries() {
      for (const [key, value] of snapshot.entries()) if (!isFailure(value)) yield [key, value];
      return undefined;
    },
  };
}
