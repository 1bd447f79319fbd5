import { describeLayoutDifference } from "libbpf-napi";
import { Bpf2tsError, conflict } from "./bpf2ts-error.ts";
import type { Found, Report } from "./describe-object.ts";
import {
  type EnumModel,
  type MapModel,
  namedTypesOf,
  type StructModel,
  type TypeModel,
} from "./model.ts";

/** What must be the same in all objects that have a map, by the name that messages give it. */
type MapFacts = Readonly<Record<string, string | number>>;

/** Each map once, from the first object that has it; objects share a map by including its header. */
export function mergeMaps<M extends Found<MapModel>>(
  maps: readonly M[],
  factsOf: (map: M) => MapFacts,
  report: Report,
): readonly M[] {
  const merged = new Map<string, M>();
  for (const map of maps) {
    const first = merged.get(map.model.name);
    if (first === undefined) merged.set(map.model.name, map);
    else compareMaps(first, map, factsOf, report);
  }
  return [...merged.values()];
}

function compareMaps<M extends Found<MapModel>>(
  first: M,
  second: M,
  factsOf: (map: M) => MapFacts,
  report: Report,
): void {
  const [left, right] = [factsOf(first), factsOf(second)];
  const name = Object.keys(left).find((key) => left[key] !== right[key]);
  if (name === undefined) return;
  const reason = `${name} is ${String(left[name])} in ${first.file} and ${String(right[name])} in ${second.file}`;
  report(conflict(first.subject, reason, "define the map in one header"));
}

/** What the definition of a map says. */
export function mapFacts({ type, maxEntries, flags, layout }: MapModel): MapFacts {
  return { type, max_entries: maxEntries, map_flags: flags, layout };
}

/** The types that are needed of an object. */
export interface FoundTypes {
  readonly file: string;
  readonly types: readonly TypeModel[];
}

interface NamedType {
  readonly subject: string;
  readonly file: string;
  readonly type: StructModel | EnumModel;
}

/** One name means one thing, whichever object it is in. */
export function checkTypes(objects: readonly FoundTypes[], report: Report): void {
  const known = new Map<string, NamedType>();
  for (const found of objects.flatMap(typesOf)) {
    const first = known.get(found.subject);
    if (first === undefined) known.set(found.subject, found);
    else if (signature(first.type) !== signature(found.type)) {
      const reason = `${difference(first.type, found.type)}; the first is of ${first.file}, the second of ${found.file}`;
      report(conflict(found.subject, reason, "define it in one header, or rename one"));
    }
  }
}

function typesOf({ file, types }: FoundTypes): readonly NamedType[] {
  const { enums, structs } = namedTypesOf(types);
  return [
    ...enums.map((type) => ({ subject: `enum ${type.cName}`, file, type })),
    ...structs.map((type) => ({ subject: `struct ${type.cName}`, file, type })),
  ];
}

function signature(type: StructModel | EnumModel): string {
  if ("layout" in type) return JSON.stringify(type.layout);
  const values = type.enumerators.map(({ cName, value }) => `${cName}=${String(value)}`);
  return `${type.codec} ${values.join()}`;
}

function difference(first: StructModel | EnumModel, second: StructModel | EnumModel): string {
  if ("layout" in first && "layout" in second) {
    const text = describeLayoutDifference(first.layout, second.layout);
    return text ?? "its fields have types of other names";
  }
  return "it has other values";
}

/** @throws {Bpf2tsError} that names all problems, each once, if there are any */
export function throwAll(problems: readonly Bpf2tsError[]): void {
  const [first] = problems;
  if (first === undefined) return;
  // Objects that include the same header have the same problem.
  const texts = [...new Set(problems.map((problem) => problem.message))];
  if (texts.length === 1) throw first;
  throw new Bpf2tsError({
    code: first.code,
    operation: "generate",
    subject: "bindings",
    reason: `${String(texts.length)} problems\n${texts.join("\n")}`,
    cause: new AggregateError(problems),
  });
}
