import { conflict } from "./bpfgen-error.ts";
import type { FileScope } from "./file-scope.ts";
import type { ObjectModel } from "./model.ts";
import { camelCase, pascalCase, repeatedName } from "./names.ts";
import { printDoc, printLiteral, quoted } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** An object as the constant of its spec, with types that know its programs and settings by name. */
export function emitObject(model: ObjectModel, scope: FileScope, docs: Docs): string {
  const subject = `object ${model.name}`;
  const base = pascalCase(model.name);
  const settings = scope.declare(`${base}Settings`, subject);
  const programs = scope.declare(`${base}Programs`, subject);
  const name = scope.declare(`${camelCase(model.name)}Object`, subject);
  checkNames(model);
  const settingTypes = model.settings.map(
    ({ cName, tsName, type }) =>
      `${printDoc(docs.symbol(cName), "  ")}  readonly ${tsName}: ${scope.runtimeType("VariableSpec")}<${scope.typeOf(type)}>;\n`,
  );
  const programTypes = model.programs.map(
    ({ cName, tsName }) =>
      `${printDoc(docs.symbol(cName), "  ")}  readonly ${tsName}: ${scope.runtimeType("ProgramSpec")};\n`,
  );
  const spec = printLiteral(
    specLiteral(model, scope),
    "",
    `export const ${name}: ${scope.runtimeType("ObjectSpec")}<${settings}> & { readonly programs: ${programs} } = `,
    ";",
  );
  return `${scope.takeConstants()}/** The load-time constants of the object \`${model.name}\`. */
export type ${settings} = ${recordType(settingTypes)};

/** The programs of the object \`${model.name}\`. */
export type ${programs} = ${recordType(programTypes)};

/** The object \`${model.name}\`. */
${spec}
`;
}

function checkNames({ name, settings, programs }: ObjectModel): void {
  const all = [settings, programs].map((list) => repeatedName(list.map(({ tsName }) => tsName)));
  const twice = all.find((each) => each !== undefined);
  if (twice === undefined) return;
  throw conflict(`object ${name}`, `two of its globals are called \`${twice}\``, "rename one");
}

function recordType(members: readonly string[]): string {
  return members.length === 0 ? "Readonly<Record<string, never>>" : `{\n${members.join("")}}`;
}

function specLiteral(model: ObjectModel, scope: FileScope): Parameters<typeof printLiteral>[0] {
  const programs = model.programs.map(({ cName, tsName, section }) => [
    tsName,
    { name: quoted(cName), section: quoted(section) },
  ]);
  const settings = model.settings.map(({ tsName, offset, type }) => [
    tsName,
    { section: quoted(".rodata"), offset: String(offset), codec: scope.codecOf(type) },
  ]);
  return {
    name: quoted(model.name),
    programs: Object.fromEntries(programs),
    maps: model.maps.map(quoted),
    settings: Object.fromEntries(settings),
  };
}
