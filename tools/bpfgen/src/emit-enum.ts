import type { FileScope } from "./file-scope.ts";
import type { EnumModel } from "./model.ts";
import { camelCase } from "./names.ts";
import { printDoc, printLiteral, quoted } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** An enum as an object of its values, the type of a value, and the way from a value to its name. */
export function emitEnum(model: EnumModel, scope: FileScope, docs: Docs): string {
  const subject = `enum ${model.cName}`;
  const name = scope.declare(model.tsName, subject);
  const nameType = scope.declare(`${name}Name`, subject);
  const table = scope.declare(`${camelCase(model.cName)}Names`, subject);
  const lookup = scope.declare(`${camelCase(model.cName)}Name`, subject);
  const number = model.codec.includes("64") ? "bigint" : "number";
  const values = model.enumerators.map(
    ({ cName, tsName, value }) =>
      `${printDoc(docs.enumerator(cName), "  ")}  ${tsName}: ${valueLiteral(model, value)},\n`,
  );
  // A Map keeps the last of equal keys: a marker such as FIRST_DROP stands before the value it marks.
  const names = new Map(model.enumerators.map(({ value, tsName }) => [value, tsName]));
  const rows = [...names].map(([value, tsName]) => [valueLiteral(model, value), quoted(tsName)]);
  return `${printDoc(docs.type(model.cName))}export const ${name} = {
${values.join("")}} as const;

/** The names of {@link ${name}}. */
export type ${nameType} = keyof typeof ${name};

/** One of {@link ${name}}, or a number that has no name here: one that a later release added. */
export type ${name} = (typeof ${name})[${nameType}] | (${number} & {});

${printLiteral(rows, "", `const ${table} = new Map<${number}, ${nameType}>(`, ");")}

/** The name of a value of {@link ${name}}, if it has one. */
export function ${lookup}(value: ${name}): ${nameType} | undefined {
  return ${table}.get(value);
}
`;
}

function valueLiteral(model: EnumModel, value: bigint): string {
  return model.codec.includes("64") ? `${String(value)}n` : String(value);
}
