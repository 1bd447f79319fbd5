import { type Btf, type BtfMember, type BtfVariable, resolveType } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";
import { mapKind, type MapKind, typesWithSpec } from "./map-kinds.ts";

/** Key or value of a map: a type id, or where the definition does not say the type, a number of bytes. */
export type MapPart = { readonly id: number } | { readonly size: number };

/** What a map's definition says, with types by their ids. */
export interface MapDefinition extends MapKind {
  readonly name: string;
  /** 0 where it is left to whoever loads the object. */
  readonly maxEntries: number;
  readonly flags: number;
  /** `map_extra`; of a bloom filter, the number of hashes. */
  readonly extra: number;
  readonly key: MapPart | undefined;
  readonly value: MapPart | undefined;
  /** The type of a ring buffer's events, where EVENT says it. */
  readonly event: number | undefined;
}

/** `BPF_OBJ_NAME_LEN` less the final NUL. */
const maxNameLength = 15;

/** What libbpf understands in a map definition, and a spec can say. */
const memberNames = "type max_entries map_flags map_extra key key_size value value_size values";

/**
 * What a map definition of the `.maps` section says.
 *
 * @param strict whether it must say all that a spec says, and nothing else
 * @throws {Bpf2tsError} `refused`
 */
export function readMap(btf: Btf, variable: BtfVariable, strict: boolean): MapDefinition {
  const subject = `map ${variable.name}`;
  const members = definitionMembers(btf, variable, subject);
  if (strict) checkMembers([...members.keys()], subject);
  const number = (name: string): number => arrayOf(btf, members.get(name))?.length ?? 0;
  const kind = mapKind(number("type"));
  if (strict && kind.kind === "raw") throw noSpec(subject, number("type"));
  const definition = {
    ...kind,
    name: variable.name,
    maxEntries: number("max_entries"),
    flags: number("map_flags"),
    extra: number("map_extra"),
    key: partOf(btf, members, "key"),
    value: partOf(btf, members, "value"),
    event: eventOf(btf, members.get("value_size")),
  };
  if (strict) checkComplete(definition, subject);
  return definition;
}

export function checkName(subject: string, name: string): void {
  if (name.length <= maxNameLength) return;
  throw refusal(
    subject,
    `the name has ${String(name.length)} characters, the kernel keeps ${String(maxNameLength)}`,
  );
}

function definitionMembers(
  btf: Btf,
  variable: BtfVariable,
  subject: string,
): ReadonlyMap<string, BtfMember> {
  const { type } = resolveType(btf, variable.type);
  if (type.kind !== "struct") throw refusal(subject, "it is no struct");
  return new Map(type.members.map((member) => [member.name, member]));
}

function checkMembers(names: readonly string[], subject: string): void {
  const known = memberNames.split(" ");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw refusal(
    `${subject}.${unknown}`,
    "a map's spec cannot say this",
    `it says ${known.join(", ")}; pins are placed by the program that loads the object`,
  );
}

/** The kernel or libbpf chooses how many entries there are. */
const countless: ReadonlySet<MapKind["kind"]> = new Set(["storage", "perf-buffer"]);

/** Where both are types, not sizes. */
const typed: Readonly<Partial<Record<MapKind["kind"], readonly ("key" | "value")[]>>> = {
  keyed: ["key", "value"],
  "per-cpu": ["key", "value"],
  queue: ["value"],
  storage: ["value"],
  "bloom-filter": ["value"],
};

function checkComplete(definition: MapDefinition, subject: string): void {
  const { kind, maxEntries, event } = definition;
  if (maxEntries === 0 && !countless.has(kind)) {
    throw refusal(subject, "max_entries is missing", "give the default, which loading may change");
  }
  if (kind.endsWith("ring-buffer") && event === undefined) {
    throw refusal(subject, "the ring buffer does not say its event", "use EVENT(struct ...)");
  }
  for (const name of typed[kind] ?? []) {
    const part = definition[name];
    if (part !== undefined && "id" in part) continue;
    throw refusal(subject, `it has no ${name}`, `use __type(${name}, ...)`);
  }
}

function noSpec(subject: string, type: number): Error {
  const reason = `map type ${String(type)} has no TypeScript form`;
  return refusal(subject, reason, `use ${typesWithSpec().join(", ")}`);
}

/** `__uint(name, 64)` declares a pointer to an array of that length. */
function arrayOf(
  btf: Btf,
  member: BtfMember | undefined,
): { readonly length: number; readonly element: number } | undefined {
  if (member === undefined) return undefined;
  const { type } = resolveType(btf, member.type);
  if (type.kind !== "pointer") return undefined;
  const target = resolveType(btf, type.target).type;
  return target.kind === "array" ? target : undefined;
}

/** `__type(key, struct endpoint)` declares a pointer to the type, `__uint(key_size, 8)` says its size. */
function partOf(
  btf: Btf,
  members: ReadonlyMap<string, BtfMember>,
  name: "key" | "value",
): MapPart | undefined {
  const member = members.get(name);
  const pointer = member === undefined ? undefined : resolveType(btf, member.type).type;
  if (pointer?.kind === "pointer") return { id: pointer.target };
  const size = arrayOf(btf, members.get(`${name}_size`))?.length ?? 0;
  return size === 0 ? undefined : { size };
}

/** EVENT makes the event the element of an array of length 0. */
function eventOf(btf: Btf, member: BtfMember | undefined): number | undefined {
  const array = arrayOf(btf, member);
  return array?.length === 0 ? array.element : undefined;
}
