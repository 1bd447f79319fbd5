import type { FileScope } from "./file-scope.ts";
import { type FieldModel, noteOf, type StructModel } from "./model.ts";
import { camelCase } from "./names.ts";
import { type Part, privatePart, typePart } from "./part.ts";
import { printCall, printDoc, withNote } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** A struct as an interface and a codec with the offset of each field written out. */
export function emitStruct(model: StructModel, scope: FileScope, docs: Docs): readonly Part[] {
  const { cName, tsName, fields } = model;
  const subject = `struct ${cName}`;
  scope.declare(tsName, subject);
  const codec = scope.declare(`${camelCase(cName)}Codec`, subject);
  const members = fields.map((field) => {
    const doc = withNote(docs.field(cName, field.cName), noteOf(field.type));
    return `${printDoc(doc, "  ")}  readonly ${field.tsName}: ${scope.typeOf(field.type)};\n`;
  });
  const part = codecPart(model, codec, scope);
  return [
    privatePart(scope.takeConstants()),
    typePart(`${printDoc(docs.type(cName))}export interface ${tsName} {\n${members.join("")}}\n`),
    part,
  ];
}

function codecPart({ tsName, size, fields }: StructModel, name: string, scope: FileScope): Part {
  const doc = `/** {@link ${tsName}} in memory: ${String(size)} bytes. */\n`;
  const type = `${scope.runtimeType("Codec")}<${tsName}>`;
  const encodes = fields.map((field) => `${encodeField(field, scope)}\n`);
  const decodes = fields.map((field) => `      ${decodeField(field, scope)},\n`);
  const body = ` = {
  size: ${String(size)},
  encode(value, target, offset) {
${encodes.join("")}  },
  decode(source, offset) {
    return {
${decodes.join("")}    };
  },
};
`;
  return {
    ts: `${doc}export const ${name}: ${type}${body}`,
    js: `${doc}export const ${name}${body}`,
    dts: `${doc}export declare const ${name}: ${type};\n`,
  };
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
