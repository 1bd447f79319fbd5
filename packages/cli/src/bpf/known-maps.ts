import * as conntrack from "@heddle/conntrack/bpf";
import * as datapath from "@heddle/datapath/bpf";
import * as endpoint from "@heddle/endpoint/bpf";
import type { AnyMapSpec, Codec, Layout, MapSpec, PerCpuMapSpec } from "libbpf-napi";
import { CliError } from "../cli-error.ts";

/** A map of this release. */
export interface KnownMap {
  /** The package that writes it, or whose programs do. */
  readonly owner: string;
  readonly spec: AnyMapSpec;
  /** How keys and values lie in memory; undefined for plain numbers. */
  readonly key: Layout | undefined;
  readonly value: Layout | undefined;
}

/** A map with entries, which a ring buffer has not. */
export type EntrySpec = MapSpec<unknown, unknown> | PerCpuMapSpec<unknown, unknown>;

/** Whether each CPU has a value of its own. */
export function isPerCpu(spec: EntrySpec): spec is PerCpuMapSpec<unknown, unknown> {
  return spec.type.includes("percpu");
}

/** What is generated from the BPF objects, by the package that owns it. */
const generated: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "@heddle/conntrack": conntrack,
  "@heddle/datapath": datapath,
  "@heddle/endpoint": endpoint,
};

/** All maps of this release by name. */
export const knownMaps: ReadonlyMap<string, KnownMap> = new Map(
  Object.entries(generated).flatMap(([owner, items]) =>
    Object.values(items)
      .filter(isMapSpec)
      .map((spec) => [spec.name, knownMap(owner, spec, items)] as const),
  ),
);

/** @throws {CliError} `unknown-map` */
export function findMap(name: string): KnownMap {
  const known = knownMaps.get(name);
  if (known !== undefined) return known;
  throw new CliError({
    code: "unknown-map",
    operation: "find map",
    subject: JSON.stringify(name),
    reason: "this release has no map of that name",
    hint: `there are ${[...knownMaps.keys()].toSorted().join(", ")}`,
  });
}

/** The values of an enum in C, by their names: `enum hook` is `Hook`, of whichever package. */
export function enumValues(name: string): Readonly<Record<string, unknown>> | undefined {
  const words = name.split("_").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  return Object.values(generated)
    .map((items) => items[words.join("")])
    .find(isRecord);
}

function knownMap(
  owner: string,
  spec: AnyMapSpec,
  items: Readonly<Record<string, unknown>>,
): KnownMap {
  if (spec.type === "ringbuf") return { owner, spec, key: undefined, value: undefined };
  return { owner, spec, key: layoutOf(spec.key, items), value: layoutOf(spec.value, items) };
}

/** The generator exports `flowLayout` beside `flowCodec`. */
function layoutOf(
  codec: Codec<unknown>,
  items: Readonly<Record<string, unknown>>,
): Layout | undefined {
  const name = Object.keys(items).find((key) => items[key] === codec);
  const layout = name === undefined ? undefined : items[name.replace(/Codec$/, "Layout")];
  return isLayout(layout) ? layout : undefined;
}

function isMapSpec(item: unknown): item is AnyMapSpec {
  return isRecord(item) && "maxEntries" in item && "layout" in item && "type" in item;
}

function isLayout(item: unknown): item is Layout {
  return isRecord(item) && "kind" in item && "size" in item;
}

function isRecord(item: unknown): item is Readonly<Record<string, unknown>> {
  return typeof item === "object" && item !== null;
}
