import type { Pins } from "@heddle/datapath/pins";
import {
  bytes,
  decodeFromBytes,
  openPinnedMap,
  openPinnedPerCpuMap,
  pinnedMapInfo,
} from "libbpf-napi";
import { CliError } from "../cli-error.ts";
import { nameIndex } from "./index-names.ts";
import { type EntrySpec, findMap, isPerCpu, type KnownMap } from "./known-maps.ts";
import { nameEnums } from "./name-enums.ts";
import { sumValues } from "./sum-values.ts";

/** An entry of a map, with names in place of enum values. */
export interface Entry {
  readonly key: unknown;
  readonly value: unknown;
}

export interface ReadOptions {
  /** What each CPU holds, as `cpu0` and so on, instead of the sum. */
  readonly perCpu: boolean;
  /** Of arrays, also the entries that are all zeros. */
  readonly all: boolean;
}

/** What a map holds. */
export interface Entries {
  readonly entries: readonly Entry[];
  /** How many were left out because they are all zeros. */
  readonly zeros: number;
  /** False when the map changed faster than it could be read: entries may be missing. */
  readonly consistent: boolean;
}

/**
 * Reads what is in a pinned map of this release.
 *
 * @throws {CliError} `unknown-map`, `not-listable`
 * @throws {BpfError} `pin-missing`, `incompatible-pin` for a map of another layout
 */
export async function readEntries(
  pins: Pins,
  name: string,
  options: ReadOptions,
): Promise<Entries> {
  const known = findMap(name);
  const { spec } = known;
  if (spec.type === "ringbuf") throw notListable(name);
  const path = pins.map(name);
  const { maxEntries } = pinnedMapInfo(path);
  const raw = { maxEntries, key: bytes(spec.key.size), value: bytes(spec.value.size) };
  if (isPerCpu(spec)) {
    using map = openPinnedPerCpuMap(path, { ...spec, ...raw });
    return await collect(map.entries(), known, spec, options);
  }
  using map = openPinnedMap(path, { ...spec, ...raw });
  return await collect(map.entries(), known, spec, options);
}

/** Entries as bytes; of a per-CPU map, with the values of all CPUs. */
interface RawScan extends AsyncIterable<
  readonly [key: Uint8Array, value: Uint8Array | readonly Uint8Array[]]
> {
  readonly consistent: boolean;
}

async function collect(
  scan: RawScan,
  known: KnownMap,
  spec: EntrySpec,
  { perCpu, all }: ReadOptions,
): Promise<Entries> {
  const hidesZeros = !all && (spec.type === "array" || spec.type === "percpu_array");
  const entries: Entry[] = [];
  let zeros = 0;
  for await (const [key, value] of scan) {
    const parts = value instanceof Uint8Array ? [value] : value;
    if (hidesZeros && parts.every(isZero)) {
      zeros++;
      continue;
    }
    const values = parts.map((part) => nameEnums(decodeFromBytes(spec.value, part), known.value));
    entries.push({
      key: nameIndex(spec.name, nameEnums(decodeFromBytes(spec.key, key), known.key)),
      value: perCpu && isPerCpu(spec) ? byCpu(values) : values.reduce(sumValues),
    });
  }
  return { entries, zeros, consistent: scan.consistent };
}

function byCpu(values: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(values.map((value, cpu) => [`cpu${String(cpu)}`, value]));
}

function isZero(part: Uint8Array): boolean {
  return part.every((byte) => byte === 0);
}

function notListable(name: string): CliError {
  return new CliError({
    code: "not-listable",
    operation: "dump map",
    subject: name,
    reason: "it is a ring buffer, whose events are gone once they are read",
    hint: "heddle observe follows them",
  });
}
