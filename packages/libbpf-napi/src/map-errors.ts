import { inspect } from "node:util";
import { type BpfError, type Explanation, kernelError, UnsupportedFeatureError } from "./errors.ts";
import type { MapShape } from "./map-shape.ts";

/** What errors say of a map. */
type MapIdentity = Pick<MapShape<unknown, unknown>, "name" | "type" | "maxEntries">;

/**
 * The error for an entry that the map did not take or give. `error` is positive; `special` is what
 * its number means for this map alone.
 */
export function entryError(
  map: MapIdentity,
  operation: string,
  key: unknown,
  error: number,
  special: Readonly<Record<string, Explanation>> = {},
): BpfError {
  const attempt = { operation: `${operation} ${describeKey(key)}`, subject: `map ${map.name}` };
  return kernelError(attempt, error, { ...explanations(map), ...special });
}

/** What the kernel answers where a map type lacks an operation; no errno(3) has it. */
export const unsupportedOperation = 524;

const takingHashes = { name: "taking of entries from hash maps", sinceKernel: "5.14" };

/** The error for an entry that was not taken. `error` is positive. */
export function takeError(map: MapIdentity, key: unknown, error: number): BpfError {
  const failure = entryError(map, "take", key, error);
  const cannot = error === unsupportedOperation && map.type.includes("hash");
  return cannot ? new UnsupportedFeatureError(failure, takingHashes, failure) : failure;
}

/** The key on one line. */
export function describeKey(key: unknown): string {
  return inspect(key, { breakLength: Number.POSITIVE_INFINITY, depth: 4, maxArrayLength: 64 });
}

function explanations(map: MapIdentity): Readonly<Record<string, Explanation>> {
  const full: Explanation = {
    code: "map-full",
    reason: `the map is full with ${String(map.maxEntries)} entries`,
    hint: "give it more maxEntries when the object is loaded",
  };
  const array = map.type === "array" || map.type === "percpu_array";
  return {
    E2BIG: array
      ? {
          code: "key-out-of-range",
          reason: `the array has the indexes 0 to ${String(map.maxEntries - 1)}`,
        }
      : full,
    ENOSPC: full,
    EEXIST: { code: "key-exists", reason: "the key is there already" },
    ENOENT: { code: "key-missing", reason: "the key is not there" },
    EPERM: {
      reason: "the map may not be written by system calls, or not by this process",
      hint: "`info().frozen` tells whether it was frozen; else BPF needs CAP_BPF: run as root or grant it",
    },
    EINVAL: { code: "invalid-argument", reason: invalidReason(map, array) },
    ENOTSUPP: { code: "invalid-argument", reason: `maps of type ${map.type} do not offer this` },
  };
}

function invalidReason(map: MapIdentity, array: boolean): string {
  if (array) return "an array always has all its entries; write zeros instead";
  if (map.type === "lpm_trie") return "the prefix is longer than the key";
  return "the kernel refused the arguments";
}
