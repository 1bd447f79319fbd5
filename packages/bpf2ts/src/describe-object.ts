import { type Btf, resolveType } from "libbpf-napi";
import { Bpf2tsError, refusal } from "./bpf2ts-error.ts";
import type { ObjectSource } from "./config.ts";
import { describeMap } from "./describe-map.ts";
import { describeType, type TypeContext } from "./describe-type.ts";
import type { MapModel, ObjectModel, ProgramModel, TypeModel, VariableModel } from "./model.ts";
import { camelCase } from "./names.ts";
import { checkName, readMap } from "./read-map.ts";
import {
  type ObjectContents,
  type PlacedVariable,
  type ProgramSymbol,
  readObject,
} from "./read-object.ts";
import { readOwner } from "./read-owner.ts";

/** Something in an object. */
export interface Found<T> {
  /** The object's file name, for messages. */
  readonly file: string;
  /** How messages name it: `map endpoints`. */
  readonly subject: string;
  readonly model: T;
}

/** Something in an object that a package owns. */
export interface Owned<T> extends Found<T> {
  readonly owner: string;
}

/** What an object holds, as it will be in TypeScript. */
export interface DescribedObject {
  readonly object: Owned<ObjectModel>;
  readonly maps: readonly Owned<MapModel>[];
  readonly exports: readonly Owned<TypeModel>[];
}

/** Is told what cannot be generated, so that one run names every problem. */
export type Report = (problem: Bpf2tsError) => void;

/**
 * Reads an object whose parts are marked with their owners, and describes what it holds; what was reported is left
 * out.
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
  const context: TypeContext = { btf, domainTypes, strict: true };
  return {
    object: {
      owner: source.owner,
      file,
      subject: `object ${contents.name}`,
      model: describeContents(context, contents, report),
    },
    maps: each(contents.maps, report, (variable) => {
      const subject = `map ${variable.name}`;
      checkName(subject, variable.name);
      const owner = readOwner(btf, variable, subject);
      const model = describeMap(context, readMap(btf, variable, true));
      return { owner, file, subject, model };
    }),
    exports: each(contents.exports, report, (variable) => {
      const id = exportedType(btf, variable.type);
      const { kind, name } = resolveType(btf, id).type;
      const subject = `EXPORT(${kind} ${name})`;
      const owner = readOwner(btf, variable, subject);
      return { owner, file, subject, model: describeType(context, id, { subject }) };
    }),
  };
}

/** Describes what can be, and reports what cannot. */
export function each<D, T>(
  items: readonly D[],
  report: Report,
  describe: (item: D) => T,
): readonly T[] {
  return items.flatMap((item) => {
    try {
      return [describe(item)];
    } catch (error) {
      if (!(error instanceof Bpf2tsError)) throw error;
      report(error);
      return [];
    }
  });
}

function describeContents(
  context: TypeContext,
  { name, maps, variables, programs }: ObjectContents,
  report: Report,
): ObjectModel {
  const settings = variables.filter(({ isSetting, section }) => isSetting && section === ".rodata");
  return {
    name,
    maps: maps.map((map) => map.name),
    settings: each(settings, report, (setting) => describeSetting(context, setting)),
    variables: [],
    programs: each(programs, report, describeProgram),
  };
}

function describeSetting(context: TypeContext, placed: PlacedVariable): VariableModel {
  const { variable, section, offset } = placed;
  const { name } = variable;
  const isText = context.btf.tags(variable.id).includes("text");
  const type = describeType(context, variable.type, { subject: `setting ${name}`, isText });
  return { cName: name, tsName: camelCase(name), section, offset, type };
}

function describeProgram({ name, section }: ProgramSymbol): ProgramModel {
  checkName(`program ${name}`, name);
  return { cName: name, tsName: camelCase(name), section };
}

/** EXPORT declares a pointer to the type. */
function exportedType(btf: Btf, id: number): number {
  const { type } = resolveType(btf, id);
  if (type.kind === "pointer") return type.target;
  throw refusal("section .export", `a ${type.kind} is no exported type`, "use EXPORT");
}
