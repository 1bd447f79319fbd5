import {
  type Btf,
  type BtfMember,
  type BtfVariable,
  type KeyedMapType,
  type PerCpuMapType,
  resolveType,
} from "libbpf-napi";
import { refusal } from "./bpfgen-error.ts";
import { readOwner } from "./read-owner.ts";

interface NamedDefinition {
  readonly name: string;
  readonly owner: string;
  readonly maxEntries: number;
  readonly flags: number;
}

interface KeyedMapDefinition extends NamedDefinition {
  readonly type: KeyedMapType | PerCpuMapType;
  /** Type ids. */
  readonly key: number;
  readonly value: number;
}

interface RingBufferDefinition extends NamedDefinition {
  readonly type: "ringbuf";
  /** A type id. */
  readonly event: number;
}

/** What a map's definition says, with types by their ids. */
export type MapDefinition = KeyedMapDefinition | RingBufferDefinition;

/** `BPF_MAP_TYPE_*` of include/uapi/linux/bpf.h, by the names that bpftool prints. */
const mapTypes: Readonly<Record<number, MapDefinition["type"]>> = {
  1: "hash",
  2: "array",
  5: "percpu_hash",
  6: "percpu_array",
  9: "lru_hash",
  10: "lru_percpu_hash",
  11: "lpm_trie",
  27: "ringbuf",
};

/** `BPF_OBJ_NAME_LEN` less the final NUL. */
const maxNameLength = 15;

/** What a map definition of the `.maps` section says. @throws {BpfgenError} `refused` */
export function readMap(btf: Btf, variable: BtfVariable): MapDefinition {
  const subject = `map ${variable.name}`;
  checkName(subject, variable.name);
  const owner = readOwner(btf, variable, subject);
  const members = definitionMembers(btf, variable, subject);
  const typeNumber = numberOf(btf, members.get("type")) ?? 0;
  const type = mapTypes[typeNumber];
  if (type === undefined) {
    const known = Object.values(mapTypes).join(", ");
    throw refusal(subject, `map type ${String(typeNumber)} has no TypeScript form`, `use ${known}`);
  }
  const maxEntries = numberOf(btf, members.get("max_entries")) ?? 0;
  if (maxEntries === 0) {
    throw refusal(subject, "max_entries is missing", "give the default, which loading may change");
  }
  const flags = numberOf(btf, members.get("map_flags")) ?? 0;
  const common = { name: variable.name, owner, maxEntries, flags };
  if (type === "ringbuf") return { ...common, type, event: eventOf(btf, members, subject) };
  const key = pointee(btf, members.get("key"), subject, "key");
  return { ...common, type, key, value: pointee(btf, members.get("value"), subject, "value") };
}

export function checkName(subject: string, name: string): void {
  if (name.length <= maxNameLength) return;
  throw refusal(
    subject,
    `the name has ${String(name.length)} characters, the kernel keeps ${String(maxNameLength)}`,
  );
}

/** What libbpf understands in a map definition, and {@link readMap} too. */
const memberNames = ["type", "max_entries", "map_flags", "key", "value", "value_size"];

function definitionMembers(
  btf: Btf,
  variable: BtfVariable,
  subject: string,
): ReadonlyMap<string, BtfMember> {
  const { type } = resolveType(btf, variable.type);
  if (type.kind !== "struct") throw refusal(subject, "it is no struct");
  const unknown = type.members.find((member) => !memberNames.includes(member.name));
  if (unknown === undefined) return new Map(type.members.map((member) => [member.name, member]));
  throw refusal(
    `${subject}.${unknown.name}`,
    "a map's spec cannot say this",
    `it says ${memberNames.join(", ")}; pins are placed by the program that loads the object`,
  );
}

/** `__uint(name, 64)` declares a pointer to an array of that length. */
function numberOf(btf: Btf, member: BtfMember | undefined): number | undefined {
  return arrayOf(btf, member)?.length;
}

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

/** `__type(name, struct endpoint)` declares a pointer to the type. */
function pointee(btf: Btf, member: BtfMember | undefined, subject: string, name: string): number {
  const pointer = member === undefined ? undefined : resolveType(btf, member.type).type;
  if (pointer?.kind === "pointer") return pointer.target;
  throw refusal(subject, `it has no ${name}`, `use __type(${name}, ...)`);
}

/** EVENT makes the event the element of an array of length 0. */
function eventOf(btf: Btf, members: ReadonlyMap<string, BtfMember>, subject: string): number {
  const array = arrayOf(btf, members.get("value_size"));
  if (array?.length === 0) return array.element;
  throw refusal(subject, "the ring buffer does not say its event", "use EVENT(struct ...)");
}
