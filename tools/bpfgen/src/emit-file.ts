import { emitEnum } from "./emit-enum.ts";
import { emitLayouts } from "./emit-layout.ts";
import { emitMap } from "./emit-map.ts";
import { emitObject } from "./emit-object.ts";
import { emitStruct } from "./emit-struct.ts";
import { createFileScope } from "./file-scope.ts";
import { namedTypesOf, type OwnerModel, typesOfMap } from "./model.ts";
import type { Docs } from "./read-docs.ts";

/** The source of one package's generated file. */
export function emitFile(model: OwnerModel, docs: Docs, command: string): string {
  const scope = createFileScope();
  const { enums, structs } = namedTypesOf([
    ...model.maps.flatMap(typesOfMap),
    ...model.exports,
    ...model.objects.flatMap((object) => object.settings.map((setting) => setting.type)),
  ]);
  const byName = enums.toSorted((left, right) => (left.cName < right.cName ? -1 : 1));
  const parts = [
    ...byName.map((each) => emitEnum(each, scope, docs)),
    ...structs.map((each) => emitStruct(each, scope, docs)),
    ...model.maps.map((each) => emitMap(each, scope, docs)),
    ...model.objects.map((each) => emitObject(each, scope, docs)),
    emitLayouts(structs, scope),
  ];
  const head = `// Generated from the types of the BPF objects by \`${command}\`; do not edit.\n`;
  return [head + scope.imports(), ...parts.filter((part) => part !== "")].join("\n");
}
