import { layoutHash, layoutOf, sizeOf } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";
import { describeOrBytes, describeType, type TypeContext } from "./describe-type.ts";
import { findType } from "./find-type.ts";
import { referenceSize } from "./map-kinds.ts";
import type { MapContent, MapModel, TypeModel } from "./model.ts";
import type { MapDefinition, MapPart } from "./read-map.ts";

/**
 * A map as its spec will be.
 *
 * @param eventType the C type of its events, where that is known from elsewhere
 * @throws {Bpf2tsError} `refused`
 */
export function describeMap(
  context: TypeContext,
  definition: MapDefinition,
  eventType?: string,
): MapModel {
  const { name, type, maxEntries, flags } = definition;
  const event = eventType === undefined ? definition.event : findType(context.btf, eventType);
  const content = describeContent(context, { ...definition, event });
  const ids = "event" in content ? [event] : [definition.key, definition.value].map(idOf);
  return { name, type, maxEntries, flags, content, layout: layoutOfTypes(context, ids) };
}

function idOf(part: MapPart | undefined): number | undefined {
  return part !== undefined && "id" in part ? part.id : undefined;
}

/** Empty unless all of them are known. */
function layoutOfTypes({ btf }: TypeContext, ids: readonly (number | undefined)[]): string {
  const known = ids.filter((id) => id !== undefined);
  return known.length < ids.length ? "" : layoutHash(...known.map((id) => layoutOf(btf, id)));
}

function describeContent(context: TypeContext, definition: MapDefinition): MapContent {
  const { kind } = definition;
  const key = (): TypeModel => describePart(context, definition, "key");
  const value = (): TypeModel => describePart(context, definition, "value");
  if (kind === "ring-buffer" || kind === "user-ring-buffer" || kind === "perf-buffer") {
    return { kind, event: describeEvent(context, definition) };
  }
  if (kind === "keyed" || kind === "per-cpu") return { kind, key: key(), value: value() };
  if (kind === "queue" || kind === "storage") return { kind, value: value() };
  if (kind === "bloom-filter") return { kind, value: value(), hashes: definition.extra };
  if (kind === "references") return describeReferences(context, definition);
  return { kind };
}

function describePart(
  context: TypeContext,
  definition: MapDefinition,
  name: "key" | "value",
): TypeModel {
  const part = definition[name];
  const subject = `map ${definition.name}`;
  if (part === undefined) throw refusal(subject, `it has no ${name}`, `use __type(${name}, ...)`);
  if ("size" in part) return { kind: "bytes", length: part.size };
  if (context.strict) {
    return describeType(context, part.id, { subject: `${subject}, its ${name}` });
  }
  const place = { subject: `${subject}, its ${name}`, name: `${definition.name}_${name}` };
  return describeOrBytes(context, part.id, place);
}

function describeEvent(context: TypeContext, { name, event }: MapDefinition): TypeModel {
  if (event === undefined) return { kind: "record" };
  return describeType(context, event, { subject: `map ${name}, its event`, name: `${name}_event` });
}

/** Keys are the indexes of an array, of all but these types. */
const ownKeys = new Set(["hash_of_maps", "sockhash"]);

function describeReferences(context: TypeContext, definition: MapDefinition): MapContent {
  const { type, key, value, name } = definition;
  const isIndex = key === undefined || ("size" in key && key.size === 4);
  const usual = referenceSize(type);
  const size = value === undefined ? 4 : partSize(context, value);
  if (size !== 4 && size !== 8) {
    throw refusal(`map ${name}`, `values of ${String(size)} bytes refer to nothing`, "use __u32");
  }
  return {
    kind: "references",
    key:
      isIndex && !ownKeys.has(type)
        ? { kind: "scalar", codec: "u32" }
        : describePart(context, definition, "key"),
    valueSize: size === usual ? undefined : size,
  };
}

function partSize({ btf }: TypeContext, part: MapPart): number {
  return "size" in part ? part.size : sizeOf(btf, part.id);
}
