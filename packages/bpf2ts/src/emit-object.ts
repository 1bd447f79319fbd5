import { conflict } from "./bpf2ts-error.ts";
import { mapConstant, specType } from "./emit-map.ts";
import type { FileScope } from "./file-scope.ts";
import { type MapModel, noteOf, type ObjectModel, type VariableModel } from "./model.ts";
import { camelCase, identifierOf, pascalCase, propertyName, repeatedName } from "./names.ts";
import { constantPart, type Part, privatePart, typePart } from "./part.ts";
import { type Literal, printDoc, quoted, withNote } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** How the specs of an object's maps are found. */
export interface ObjectMaps {
  /** The specs in the same file, by the map's name; undefined where each map is in the file of its owner. */
  readonly specs: ReadonlyMap<string, MapModel> | undefined;
}

/** An object as the constant of its spec, with types that know what it has by name. */
export function emitObject(
  model: ObjectModel,
  { specs }: ObjectMaps,
  scope: FileScope,
  docs: Docs,
): readonly Part[] {
  const { name } = model;
  const subject = `object ${name}`;
  const identifier = specs === undefined ? name : identifierOf(name);
  const base = pascalCase(identifier);
  checkNames(model);
  const settings = scope.declare(`${base}Settings`, subject);
  const programs = scope.declare(`${base}Programs`, subject);
  const constant = scope.declare(`${camelCase(identifier)}Object`, subject);
  const programType = programsType(model, scope, docs);
  const head = [
    typeOf("load-time constants", settings, name, variablesType(model.settings, scope, docs)),
    typeOf("programs", programs, name, programType),
  ];
  const spec = scope.runtimeType("ObjectSpec");
  if (specs === undefined) {
    const type = `${spec}<${settings}> & { readonly programs: ${programs} }`;
    const value = { ...specLiteral(model, scope), maps: model.maps.map(quoted) };
    const part = objectPart(constant, type, inOrder(value), name);
    return [privatePart(scope.takeConstants()), ...head, part];
  }
  const variables = scope.declare(`${base}Variables`, subject);
  const maps = scope.declare(`${base}Maps`, subject);
  const models = model.maps.flatMap((map) => specs.get(map) ?? []);
  const value = {
    ...specLiteral(model, scope),
    maps: Object.fromEntries(models.map((map) => [propertyName(map.name), mapConstant(map.name)])),
    variables: variablesLiteral(model.variables, scope),
  };
  const type = `${spec}<${settings}, ${variables}, ${maps}> & {\n  readonly programs: ${programs};\n  readonly variables: ${variables};\n}`;
  const part = objectPart(constant, type, inOrder(value), name);
  return [
    privatePart(scope.takeConstants()),
    ...head,
    typeOf("variables", variables, name, variablesType(model.variables, scope, docs)),
    typeOf("maps", maps, name, mapsType(models, scope, docs)),
    part,
  ];
}

function typeOf(what: string, name: string, object: string, type: string): Part {
  return typePart(
    `/** The ${what} of the object \`${object}\`. */\nexport type ${name} = ${type};\n`,
  );
}

function objectPart(name: string, type: string, value: Literal, object: string): Part {
  return constantPart({ doc: `The object \`${object}\`.`, exported: true, name, type, value });
}

/** The parts of a spec in the order in which they are read. */
function inOrder(value: Readonly<Record<string, Literal>>): Literal {
  const order = ["name", "programs", "maps", "settings", "variables"];
  const known = order.flatMap((key) => {
    const part = value[key];
    return part === undefined ? [] : [[key, part] as const];
  });
  return Object.fromEntries(known);
}

function checkNames({ name, settings, variables, programs, maps }: ObjectModel): void {
  const names = [settings, variables, programs].map((list) => list.map(({ tsName }) => tsName));
  const twice = [...names, maps.map(propertyName)].map(repeatedName).find(Boolean);
  if (twice === undefined) return;
  throw conflict(`object ${name}`, `two of its globals are called \`${twice}\``, "rename one");
}

function variablesType(variables: readonly VariableModel[], scope: FileScope, docs: Docs): string {
  return recordType(
    variables.map(({ cName, tsName, type }) => {
      const doc = withNote(docs.symbol(cName), noteOf(type));
      const spec = `${scope.runtimeType("VariableSpec")}<${scope.typeOf(type)}>`;
      return `${printDoc(doc, "  ")}  readonly ${tsName}: ${spec};\n`;
    }),
  );
}

function programsType({ programs }: ObjectModel, scope: FileScope, docs: Docs): string {
  return recordType(
    programs.map(
      ({ cName, tsName }) =>
        `${printDoc(docs.symbol(cName), "  ")}  readonly ${tsName}: ${scope.runtimeType("ProgramSpec")};\n`,
    ),
  );
}

function mapsType(maps: readonly MapModel[], scope: FileScope, docs: Docs): string {
  return recordType(
    maps.map(
      (map) =>
        `${printDoc(docs.symbol(map.name), "  ")}  readonly ${propertyName(map.name)}: ${specType(map, scope)};\n`,
    ),
  );
}

function recordType(members: readonly string[]): string {
  return members.length === 0 ? "Readonly<Record<string, never>>" : `{\n${members.join("")}}`;
}

function specLiteral(model: ObjectModel, scope: FileScope): Readonly<Record<string, Literal>> {
  const programs = model.programs.map(({ cName, tsName, section }) => [
    tsName,
    { name: quoted(cName), section: quoted(section) },
  ]);
  return {
    name: quoted(model.name),
    programs: Object.fromEntries(programs),
    settings: variablesLiteral(model.settings, scope),
  };
}

function variablesLiteral(variables: readonly VariableModel[], scope: FileScope): Literal {
  return Object.fromEntries(
    variables.map(({ tsName, section, offset, type }) => [
      tsName,
      { section: quoted(section), offset: String(offset), codec: scope.codecOf(type) },
    ]),
  );
}
