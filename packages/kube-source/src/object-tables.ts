import { isDeepStrictEqual } from "node:util";
import { createTable, type MutableTable, transaction } from "@heddle/tables";
import type { KubernetesObjects } from "./kinds.ts";
import type { LocatedObject, ManifestObject } from "./manifest-object.ts";
import type { ObjectKey } from "./object-key.ts";
import { type SourceKind, sourceKinds } from "./object-source.ts";

/** One table for each kind of object. */
export type ObjectTables = {
  readonly [K in SourceKind]: MutableTable<ObjectKey, KubernetesObjects[K]>;
};

export function createObjectTables(): ObjectTables {
  return {
    Pod: createObjectTable<"Pod">("pod objects"),
    Node: createObjectTable<"Node">("node objects"),
    Namespace: createObjectTable<"Namespace">("namespace objects"),
    Service: createObjectTable<"Service">("service objects"),
    EndpointSlice: createObjectTable<"EndpointSlice">("endpoint slice objects"),
    NetworkPolicy: createObjectTable<"NetworkPolicy">("network policy objects"),
  };
}

/** Makes the tables hold just these objects, in one step. */
export function replaceObjects(
  tables: ObjectTables,
  objects: readonly ManifestObject<SourceKind>[],
): void {
  const present = new Set(objects.map(({ key, kind }) => `${kind} ${key}`));
  transaction(() => {
    for (const kind of sourceKinds) {
      const table = tables[kind];
      for (const [key] of table.entries()) {
        if (!present.has(`${kind} ${key}`)) table.delete(key);
      }
    }
    for (const object of objects) upsert(tables, object);
  });
}

/** Says that the tables hold all there is. */
export function markSynced(tables: ObjectTables): void {
  for (const kind of sourceKinds) tables[kind].markSynced();
}

function createObjectTable<K extends SourceKind>(
  name: string,
): MutableTable<ObjectKey, KubernetesObjects[K]> {
  return createTable<ObjectKey, KubernetesObjects[K]>({ name, equals: isDeepStrictEqual });
}

function upsert<K extends SourceKind>(tables: ObjectTables, object: LocatedObject<K>): void {
  tables[object.kind].upsert(object.key, object.object);
}
