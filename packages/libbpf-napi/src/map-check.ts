import { type Attempt, BpfError } from "./errors.ts";
import type { KnownSpec } from "./known-spec.ts";

/** What two maps have in common when one can stand in for the other. */
export interface MapTraits {
  /** As bpftool prints it: `lru_hash`. */
  readonly type: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of a per-CPU map, of one CPU's value. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_*` flags of map creation. */
  readonly flags: number;
}

export function traitsOfSpec(spec: KnownSpec): MapTraits {
  const { type, maxEntries, flags } = spec;
  const keySize = "key" in spec ? spec.key.size : 0;
  const valueSize = "value" in spec ? spec.value.size : 0;
  return { type, maxEntries, flags, keySize, valueSize };
}

/** The first difference, in the order in which it matters: `value size: wanted 16, found 8`. */
export function findMismatch(wanted: MapTraits, found: MapTraits): string | undefined {
  const rows = [
    ["type", wanted.type, found.type],
    ["key size", wanted.keySize, found.keySize],
    ["value size", wanted.valueSize, found.valueSize],
    ["max entries", wanted.maxEntries, comparableEntries(wanted, found)],
    ["flags", hex(wanted.flags), hex(comparableFlags(found))],
  ] as const;
  const row = rows.find(([, wants, has]) => wants !== has);
  return row === undefined ? undefined : `${row[0]}: wanted ${row[1]}, found ${row[2]}`;
}

/** The largest page that a Linux kernel is built with, in bytes. */
const largestPage = 64 * 1024;

/**
 * libbpf rounds the size of a ring buffer up to a power of two, of at least a page; what was rounded
 * counts as what was wanted.
 */
function comparableEntries(wanted: MapTraits, found: MapTraits): number {
  if (!wanted.type.endsWith("ringbuf")) return found.maxEntries;
  const rounded = 2 ** Math.ceil(Math.log2(wanted.maxEntries));
  const page = found.maxEntries > rounded && found.maxEntries <= largestPage;
  return found.maxEntries === rounded || page ? wanted.maxEntries : found.maxEntries;
}

/** `BPF_F_RDONLY_PROG`, which the kernel adds to device maps of itself. */
const readOnlyForPrograms = 0x80;

function comparableFlags({ type, flags }: MapTraits): number {
  return type.startsWith("devmap") ? flags & ~readOnlyForPrograms : flags;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** The error for a map that differs by `mismatch`, as found by {@link findMismatch}. */
export function mismatchError(
  code: "incompatible-map" | "incompatible-pin",
  attempt: Attempt,
  mismatch: string,
): BpfError {
  return new BpfError({
    ...attempt,
    code,
    reason: mismatch,
    hint:
      code === "incompatible-pin"
        ? "another version wrote this pin: unpin it, or use the version that made it"
        : "generate the spec again from the object that is loaded",
  });
}
