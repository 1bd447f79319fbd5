import type { FileScope } from "./file-scope.ts";
import type { MapContent, MapModel } from "./model.ts";
import { camelCase } from "./names.ts";
import { printDoc, printLiteral, quoted } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** A map as the constant of its spec. */
export function emitMap(model: MapModel, scope: FileScope, docs: Docs): string {
  const name = scope.declare(`${camelCase(model.name)}Map`, `map ${model.name}`);
  const spec = printLiteral(
    {
      name: quoted(model.name),
      type: quoted(model.type),
      maxEntries: String(model.maxEntries),
      flags: String(model.flags),
      ...contentCodecs(model.content, scope),
      layout: quoted(model.layout),
    },
    "",
    `export const ${name}: ${specType(model.content, scope)} = `,
    ";",
  );
  return `${scope.takeConstants()}${printDoc(docs.symbol(model.name))}${spec}\n`;
}

function contentCodecs(content: MapContent, scope: FileScope): Readonly<Record<string, string>> {
  if (content.kind === "ring-buffer") return { event: scope.codecOf(content.event) };
  return { key: scope.codecOf(content.key), value: scope.codecOf(content.value) };
}

function specType(content: MapContent, scope: FileScope): string {
  if (content.kind === "ring-buffer") {
    return `${scope.runtimeType("RingBufferSpec")}<${scope.typeOf(content.event)}>`;
  }
  const spec = scope.runtimeType(content.kind === "keyed" ? "MapSpec" : "PerCpuMapSpec");
  return `${spec}<${scope.typeOf(content.key)}, ${scope.typeOf(content.value)}>`;
}
