import { extname } from "node:path";
import { emitEnum } from "./emit-enum.ts";
import { emitLayouts } from "./emit-layout.ts";
import { emitMap } from "./emit-map.ts";
import { emitObject } from "./emit-object.ts";
import { emitStruct } from "./emit-struct.ts";
import { createFileScope } from "./file-scope.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { type FileModel, namedTypesOf, typesOfMap, typesOfObject } from "./model.ts";
import type { Part } from "./part.ts";
import type { Docs } from "./read-docs.ts";

/** What a file is generated with, beside what it has. */
export interface FileOptions {
  readonly path: string;
  readonly docs: Docs;
  /** What the file was generated from, and by what: `the types of the BPF objects by ...`. */
  readonly origin: string;
  /** Whether the file is of one program alone: it then has the specs of its objects' maps, and no layouts. */
  readonly whole: boolean;
}

/** The sources of a file: TypeScript, or JavaScript and its declarations. */
export function emitFile(model: FileModel, options: FileOptions): readonly GeneratedFile[] {
  const { path, docs, origin, whole } = options;
  const scope = createFileScope();
  const { enums, structs } = namedTypesOf([
    ...model.maps.flatMap(typesOfMap),
    ...model.exports,
    ...model.objects.flatMap(typesOfObject),
  ]);
  const byName = enums.toSorted((left, right) => (left.cName < right.cName ? -1 : 1));
  const specs = whole ? new Map(model.maps.map((map) => [map.name, map])) : undefined;
  const parts = [
    ...byName.flatMap((each) => emitEnum(each, scope, docs)),
    ...structs.flatMap((each) => emitStruct(each, scope, docs)),
    ...model.maps.flatMap((each) => emitMap(each, scope, docs)),
    ...model.objects.flatMap((each) => emitObject(each, { specs }, scope, docs)),
    ...(whole ? [] : emitLayouts(structs, scope)),
  ];
  const head = `// Generated from ${origin}; do not edit.\n`;
  const print = (kind: keyof Part): string => {
    const texts = parts.map((part) => part[kind]).filter((text) => text !== "");
    return [head + scope.imports(kind), ...texts].join("\n");
  };
  const extension = extname(path);
  if (extension.endsWith("ts")) return [{ path, content: print("ts") }];
  const declarations = `${path.slice(0, -extension.length)}.d${extension.replace("js", "ts")}`;
  return [
    { path, content: print("js") },
    { path: declarations, content: print("dts") },
  ];
}
