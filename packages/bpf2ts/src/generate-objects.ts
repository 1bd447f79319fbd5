import { basename } from "node:path";
import { type Btf, resolveType, sizeOf } from "libbpf-napi";
import { type Bpf2tsError, missing, refusal } from "./bpf2ts-error.ts";
import { describeMap } from "./describe-map.ts";
import { each, type Found, type Report } from "./describe-object.ts";
import { describeOrBytes, describeType, type TypeContext } from "./describe-type.ts";
import { emitFile } from "./emit-file.ts";
import { findType } from "./find-type.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { checkTypes, mapFacts, mergeMaps, throwAll } from "./merge-objects.ts";
import {
  type MapModel,
  type ObjectModel,
  type TypeModel,
  typesOfMap,
  typesOfObject,
  type VariableModel,
} from "./model.ts";
import { propertyName } from "./names.ts";
import { readDocs } from "./read-docs.ts";
import { readMap } from "./read-map.ts";
import { type ObjectContents, type PlacedVariable, readObject } from "./read-object.ts";

/** What to generate one file from. */
export interface ObjectsOptions {
  /** The compiled objects. */
  readonly objects: readonly string[];
  /** The file: TypeScript, or JavaScript with a file of declarations beside it. */
  readonly out: string;
  /** Folders and files of C sources with doc comments. @defaultValue none */
  readonly sources?: readonly string[];
  /** The C types of the events of ring and perf buffers, by map. @defaultValue what EVENT says, or bytes */
  readonly events?: Readonly<Record<string, string>>;
  /** C types to generate although no map and no variable leads to them. @defaultValue none */
  readonly types?: readonly string[];
}

/**
 * Generates one file with everything that objects have, of whatever style, without writing it.
 *
 * @throws {Bpf2tsError} with every problem that was found
 * @throws {BtfError} when an object is damaged
 */
export function generateObjects(options: ObjectsOptions): readonly GeneratedFile[] {
  const problems: Bpf2tsError[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const docs = readDocs(options.sources ?? []);
  const objects = options.objects.map((path) => readObject(path));
  checkEvents(objects, options.events ?? {});
  const described = objects.map((contents) => describeWhole(contents, options, report));
  const asked = each(options.types ?? [], report, (name) => askedType(objects, name));
  const maps = mergeMaps(
    described.flatMap((object) => object.maps),
    ({ model }) => mapFacts(model),
    report,
  );
  checkTypes(described.map(foundTypes), report);
  throwAll(problems);
  const model = {
    maps: maps.map((map) => map.model),
    exports: [...described.flatMap((object) => object.pointees), ...asked],
    objects: described.map(({ object }) => object),
  };
  const names = options.objects.map((path) => basename(path)).join(", ");
  const origin = `${names} by bpf2ts`;
  return emitFile(model, { path: options.out, docs, origin, whole: true });
}

interface WholeObject {
  readonly file: string;
  readonly object: ObjectModel;
  readonly maps: readonly Found<MapModel>[];
  /** The types that global pointers point to, which is how C keeps a type in the object. */
  readonly pointees: readonly TypeModel[];
}

function describeWhole(
  contents: ObjectContents,
  { events = {} }: ObjectsOptions,
  report: Report,
): WholeObject {
  const { btf, file, name, programs, variables } = contents;
  const context = looseContext(btf);
  const described = (list: readonly PlacedVariable[]): readonly VariableModel[] =>
    each(list, report, (variable) => describeVariable(context, variable));
  return {
    file,
    maps: each(contents.maps, report, (variable) => ({
      file,
      subject: `map ${variable.name}`,
      model: describeMap(context, readMap(btf, variable, false), events[variable.name]),
    })),
    object: {
      name,
      maps: contents.maps.map((map) => map.name),
      settings: described(variables.filter((placed) => isFixed(placed) && placed.isSetting)),
      variables: described(variables.filter((placed) => !isFixed(placed))),
      programs: programs.map((program) => ({
        cName: program.name,
        tsName: propertyName(program.name),
        section: program.section,
      })),
    },
    pointees: variables.flatMap((placed) => pointee(context, placed)),
  };
}

function isFixed({ section }: PlacedVariable): boolean {
  return section.startsWith(".rodata");
}

function looseContext(btf: Btf): TypeContext {
  return { btf, domainTypes: {}, strict: false };
}

function describeVariable(context: TypeContext, placed: PlacedVariable): VariableModel {
  const { variable, section, offset } = placed;
  const { name, type } = variable;
  return {
    cName: name,
    tsName: propertyName(name),
    section,
    offset,
    type: describeOrBytes(context, type, { subject: `variable ${name}`, name }),
  };
}

function pointee(context: TypeContext, { variable }: PlacedVariable): readonly TypeModel[] {
  const { btf } = context;
  const pointer = resolveType(btf, variable.type).type;
  if (pointer.kind !== "pointer" || pointer.target === 0) return [];
  const { type } = resolveType(btf, pointer.target);
  if (type.kind !== "struct" && type.kind !== "enum") return [];
  if (sizeOf(btf, type.id) === 0) return [];
  const { name } = variable;
  return [describeOrBytes(context, pointer.target, { subject: `*${name}`, name })];
}

/** A type by its name, of the first object that has it. */
function askedType(objects: readonly ObjectContents[], name: string): TypeModel {
  const has = ({ btf }: ObjectContents): boolean => {
    const bare = name.replace(/^\w+ /, "");
    return (["struct", "enum", "typedef"] as const).some((kind) => btf.find(kind, bare));
  };
  const { btf } = objects.find(has) ?? objects[0] ?? noObjects();
  const subject = `type ${name}`;
  const type = describeType(looseContext(btf), findType(btf, name), { subject });
  if (type.kind === "struct" || type.kind === "enum") return type;
  throw refusal(subject, "it is no struct and no enum, and needs no type of its own");
}

function noObjects(): never {
  throw missing("generate", "module", "there are no objects", "name those that were compiled");
}

function checkEvents(
  objects: readonly ObjectContents[],
  events: Readonly<Record<string, string>>,
): void {
  const maps = objects.flatMap((object) => object.maps.map(({ name }) => name));
  const unknown = Object.keys(events).find((name) => !maps.includes(name));
  if (unknown === undefined) return;
  const known = `the maps are ${[...new Set(maps)].join(", ")}`;
  throw missing("find event of", `map ${unknown}`, "there is no such map", known);
}

function foundTypes({ file, maps, object, pointees }: WholeObject): {
  readonly file: string;
  readonly types: readonly TypeModel[];
} {
  const types = [...maps.flatMap((map) => typesOfMap(map.model)), ...typesOfObject(object)];
  return { file, types: [...types, ...pointees] };
}
