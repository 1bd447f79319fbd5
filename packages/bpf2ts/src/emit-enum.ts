import type { FileScope } from "./file-scope.ts";
import type { EnumModel } from "./model.ts";
import { camelCase } from "./names.ts";
import { type Part, typePart } from "./part.ts";
import { printDoc, printLiteral, quoted } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** An enum as an object of its values, the type of a value, and the way from a value to its name. */
export function emitEnum(model: EnumModel, scope: FileScope, docs: Docs): readonly Part[] {
  const subject = `enum ${model.cName}`;
  const name = scope.declare(model.tsName, subject);
  const nameType = scope.declare(`${name}Name`, subject);
  const table = scope.declare(`${camelCase(model.cName)}Names`, subject);
  const lookup = scope.declare(`${camelCase(model.cName)}Name`, subject);
  const number = model.codec.includes("64") ? "bigint" : "number";
  // A Map keeps the last of equal keys: a marker such as FIRST_DROP stands before the value it marks.
  const names = new Map(model.enumerators.map(({ value, tsName }) => [value, tsName]));
  const rows = [...names].map(([value, tsName]) => [valueLiteral(model, value), quoted(tsName)]);
  const lookupDoc = `/** The name of a value of {@link ${name}}, if it has one. */\n`;
  const typed = `(value: ${name}): ${nameType} | undefined`;
  const body = ` {\n  return ${table}.get(value);\n}\n`;
  return [
    valuesPart(model, docs),
    typePart(`/** The names of {@link ${name}}. */
export type ${nameType} = keyof typeof ${name};
`),
    typePart(`/** One of {@link ${name}}, or a number that has no name here: one that a later release added. */
export type ${name} = (typeof ${name})[${nameType}] | (${number} & {});
`),
    {
      ts: `${printLiteral(rows, "", `const ${table} = new Map<${number}, ${nameType}>(`, ");")}\n`,
      js: `${printLiteral(rows, "", `const ${table} = new Map(`, ");")}\n`,
      dts: "",
    },
    {
      ts: `${lookupDoc}export function ${lookup}${typed}${body}`,
      js: `${lookupDoc}export function ${lookup}(value)${body}`,
      dts: `${lookupDoc}export declare function ${lookup}${typed};\n`,
    },
  ];
}

function valuesPart(model: EnumModel, docs: Docs): Part {
  const doc = printDoc(docs.type(model.cName));
  const values = (modifier: string, end: string): string =>
    model.enumerators
      .map(({ cName, tsName, value }) => {
        const comment = printDoc(docs.enumerator(cName), "  ");
        return `${comment}  ${modifier}${tsName}: ${valueLiteral(model, value)}${end}\n`;
      })
      .join("");
  const name = model.tsName;
  return {
    ts: `${doc}export const ${name} = {\n${values("", ",")}} as const;\n`,
    js: `${doc}export const ${name} = {\n${values("", ",")}};\n`,
    dts: `${doc}export declare const ${name}: {\n${values("readonly ", ";")}};\n`,
  };
}

function valueLiteral(model: EnumModel, value: bigint): string {
  return model.codec.includes("64") ? `${String(value)}n` : String(value);
}
