import { describeLayoutDifference } from "libbpf-napi";
import { BpfgenError, conflict } from "./bpfgen-error.ts";
import { type BpfgenConfig, configError } from "./config.ts";
import {
  type DescribedObject,
  describeObject,
  type Found,
  type Report,
} from "./describe-object.ts";
import {
  type EnumModel,
  type MapModel,
  namedTypesOf,
  type OwnerModel,
  type StructModel,
  typesOfMap,
} from "./model.ts";

/**
 * Reads all objects and sorts what they hold by the packages that own it.
 *
 * A map that several objects share, because they include its header, must be the same in all of them, and
 * so must every struct and enum. A type that several packages need is in the file of each.
 *
 * @throws {BpfgenError} with every problem that was found
 */
export function assignOwners(config: BpfgenConfig): readonly OwnerModel[] {
  const problems: BpfgenError[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const objects = config.objects.map((source) =>
    describeObject(source, config.domainTypes, report),
  );
  const maps = mergeMaps(objects, report);
  checkTypes(objects, report);
  throwAll(problems);
  checkOwners(config, objects, report);
  throwAll(problems);
  return Object.keys(config.outputs)
    .toSorted()
    .map((owner) => ({
      owner,
      maps: owned(maps, owner).toSorted((left, right) => (left.name < right.name ? -1 : 1)),
      exports: owned(
        objects.flatMap((object) => object.exports),
        owner,
      ),
      objects: owned(
        objects.map((object) => object.object),
        owner,
      ),
    }));
}

function owned<T>(items: readonly Found<T>[], owner: string): readonly T[] {
  return items.filter((item) => item.owner === owner).map((item) => item.model);
}

/** Each map once, from the first object that has it. */
function mergeMaps(
  objects: readonly DescribedObject[],
  report: Report,
): readonly Found<MapModel>[] {
  const merged = new Map<string, Found<MapModel>>();
  for (const map of objects.flatMap((object) => object.maps)) {
    const first = merged.get(map.model.name);
    if (first === undefined) merged.set(map.model.name, map);
    else compareMaps(first, map, report);
  }
  return [...merged.values()];
}

function compareMaps(first: Found<MapModel>, second: Found<MapModel>, report: Report): void {
  const [left, right] = [mapFacts(first), mapFacts(second)];
  const name = Object.keys(left).find((key) => left[key] !== right[key]);
  if (name === undefined) return;
  const reason = `${name} is ${String(left[name])} in ${first.file} and ${String(right[name])} in ${second.file}`;
  report(conflict(first.subject, reason, "define the map in one header"));
}

function mapFacts({ owner, model }: Found<MapModel>): Readonly<Record<string, string | number>> {
  return {
    owner,
    type: model.type,
    max_entries: model.maxEntries,
    map_flags: model.flags,
    layout: model.layout,
  };
}

interface NamedType {
  readonly subject: string;
  readonly file: string;
  readonly type: StructModel | EnumModel;
}

/** One name means one thing, whichever object it is in. */
function checkTypes(objects: readonly DescribedObject[], report: Report): void {
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

function typesOf({ object, maps, exports }: DescribedObject): readonly NamedType[] {
  const { enums, structs } = namedTypesOf([
    ...maps.flatMap((map) => typesOfMap(map.model)),
    ...exports.map((type) => type.model),
    ...object.model.settings.map((setting) => setting.type),
  ]);
  const { file } = object;
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

function checkOwners(
  { outputs }: BpfgenConfig,
  objects: readonly DescribedObject[],
  report: Report,
): void {
  const found = objects.flatMap(({ object, maps, exports }): readonly Found<unknown>[] => [
    object,
    ...maps,
    ...exports,
  ]);
  for (const { owner, subject, file } of found) {
    if (Object.hasOwn(outputs, owner)) continue;
    const known = Object.keys(outputs).join(", ");
    report(
      configError(
        "outputs",
        `${subject} of ${file} belongs to \`${owner}\`, which has none`,
        `known: ${known}`,
      ),
    );
  }
  const owners = new Set(found.map(({ owner }) => owner));
  for (const owner of Object.keys(outputs).filter((each) => !owners.has(each))) {
    report(configError("outputs", `\`${owner}\` has an output, but owns nothing`, "remove it"));
  }
}

function throwAll(problems: readonly BpfgenError[]): void {
  const [first] = problems;
  if (first === undefined) return;
  // Objects that include the same header have the same problem.
  const texts = [...new Set(problems.map((problem) => problem.message))];
  if (texts.length === 1) throw first;
  throw new BpfgenError({
    code: first.code,
    operation: "generate",
    subject: "bindings",
    reason: `${String(texts.length)} problems\n${texts.join("\n")}`,
    cause: new AggregateError(problems),
  });
}
