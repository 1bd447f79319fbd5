import type { FileScope } from "./file-scope.ts";
import type { FieldModel, StructModel } from "./model.ts";
import { camelCase } from "./names.ts";
import { printCall, printDoc } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** A struct as an interface and a codec with the offset of each field written out. */
export function emitStruct(model: StructModel, scope: FileScope, docs: Docs): string {
  const { cName, tsName, size, fields } = model;
  const subject = `struct ${cName}`;
  scope.declare(tsName, subject);
  const codec = scope.declare(`${camelCase(cName)}Codec`, subject);
  const members = fields.map(
    (field) =>
      `${printDoc(docs.field(cName, field.cName), "  ")}  readonly ${field.tsName}: ${scope.typeOf(field.type)};\n`,
  );
  const encodes = fields.map((field) => `${encodeField(field, scope)}\n`);
  const decodes = fields.map((field) => `      ${decodeField(field, scope)},\n`);
  const codecType = scope.runtimeType("Codec");
  return `${scope.takeConstants()}${printDoc(docs.type(cName))}export interface ${tsName} {
${members.join("")}}

/** {@link ${tsName}} in memory: ${String(size)} bytes. */
export const ${codec}: ${codecType}<${tsName}> = {
  size: ${String(size)},
  encode(value, target, offset) {
${encodes.join("")}  },
  decode(source, offset) {
    return {
${decodes.join("")}    };
  },
};
`;
}

function encodeField({ tsName, offset, type }: FieldModel, scope: FileScope): string {
  const args = [`value.${tsName}`, "target", offsetOf(offset)];
  return printCall("    ", `${scope.codecOf(type)}.encode`, args);
}

function decodeField({ tsName, offset, type }: FieldModel, scope: FileScope): string {
  return `${tsName}: ${scope.codecOf(type)}.decode(source, ${offsetOf(offset)})`;
}

function offsetOf(offset: number): string {
  return offset === 0 ? "offset" : `offset + ${String(offset)}`;
}
