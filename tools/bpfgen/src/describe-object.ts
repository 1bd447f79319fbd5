import { type Btf, layoutHash, layoutOf, resolveType } from "libbpf-napi";
import { BpfgenError, refusal } from "./bpfgen-error.ts";
import type { ObjectSource } from "./config.ts";
import { describeType, type TypeContext } from "./describe-type.ts";
import type {
  MapContent,
  MapModel,
  ObjectModel,
  ProgramModel,
  SettingModel,
  TypeModel,
} from "./model.ts";
import { camelCase } from "./names.ts";
import { checkName, type MapDefinition, readMap } from "./read-map.ts";
import {
  type ObjectContents,
  type PlacedVariable,
  type ProgramSymbol,
  readObject,
} from "./read-object.ts";
import { readOwner } from "./read-owner.ts";

/** Something that a package owns, and the object it was found in. */
export interface Found<T> {
  readonly owner: string;
  /** The object's file name, for messages. */
  readonly file: string;
  /** How messages name it: `map endpoints`. */
  readonly subject: string;
  readonly model: T;
}

/** What an object holds, as it will be in TypeScript. */
export interface DescribedObject {
  readonly object: Found<ObjectModel>;
  readonly maps: readonly Found<MapModel>[];
  readonly exports: readonly Found<TypeModel>[];
}

/** Is told what cannot be generated, so that one run names every problem. */
export type Report = (problem: BpfgenError) => void;

/**
 * Reads an object and describes what it holds; what was reported is left out.
 *
 * @throws {BtfError} when the object is damaged
 */
export function describeObject(
  source: ObjectSource,
  domainTypes: TypeContext["domainTypes"],
  report: Report,
): DescribedObject {
  const contents = readObject(source.file);
  const { btf, file } = contents;
  const context = { btf, domainTypes };
  return {
    object: {
      owner: source.owner,
      file,
      subject: `object ${contents.name}`,
      model: describeContents(context, contents, report),
    },
    maps: each(contents.maps, report, (variable) => {
      const definition = readMap(btf, variable);
      const model = describeMap(context, definition);
      return { owner: definition.owner, file, subject: `map ${model.name}`, model };
    }),
    exports: each(contents.exports, report, (variable) => {
      const id = exportedType(btf, variable.type);
      const { kind, name } = resolveType(btf, id).type;
      const subject = `EXPORT(${kind} ${name})`;
      const owner = readOwner(btf, variable, subject);
      return { owner, file, subject, model: describeType(context, id, subject) };
    }),
  };
}

function each<D, T>(items: readonly D[], report: Report, describe: (item: D) => T): readonly T[] {
  return items.flatMap((item) => {
    try {
      return [describe(item)];
    } catch (error) {
      if (!(error instanceof BpfgenError)) throw error;
      report(error);
      return [];
    }
  });
}

function describeContents(
  context: TypeContext,
  { name, maps, settings, programs }: ObjectContents,
  report: Report,
): ObjectModel {
  return {
    name,
    maps: maps.map((map) => map.name),
    settings: each(settings, report, (setting) => describeSetting(context, setting)),
    programs: each(programs, report, describeProgram),
  };
}

function describeSetting(context: TypeContext, { variable, offset }: PlacedVariable): SettingModel {
  const { name } = variable;
  const isText = context.btf.tags(variable.id).includes("text");
  const type = describeType(context, variable.type, `setting ${name}`, isText);
  return { cName: name, tsName: camelCase(name), offset, type };
}

function describeProgram({ name, section }: ProgramSymbol): ProgramModel {
  checkName(`program ${name}`, name);
  return { cName: name, tsName: camelCase(name), section };
}

function describeMap(context: TypeContext, definition: MapDefinition): MapModel {
  const { name, type, maxEntries, flags } = definition;
  const ids = "event" in definition ? [definition.event] : [definition.key, definition.value];
  return {
    name,
    type,
    maxEntries,
    flags,
    content: describeContent(context, definition),
    layout: layoutHash(...ids.map((id) => layoutOf(context.btf, id))),
  };
}

function describeContent(context: TypeContext, definition: MapDefinition): MapContent {
  const subject = `map ${definition.name}`;
  if ("event" in definition) {
    const event = describeType(context, definition.event, `${subject}, its event`);
    return { kind: "ring-buffer", event };
  }
  return {
    kind: definition.type.includes("percpu") ? "per-cpu" : "keyed",
    key: describeType(context, definition.key, `${subject}, its key`),
    value: describeType(context, definition.value, `${subject}, its value`),
  };
}

/** EXPORT declares a pointer to the type. */
function exportedType(btf: Btf, id: number): number {
  const { type } = resolveType(btf, id);
  if (type.kind === "pointer") return type.target;
  throw refusal("section .export", `a ${type.kind} is no exported type`, "use EXPORT");
}
