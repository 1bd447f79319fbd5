import type { FileScope } from "./file-scope.ts";
import { type MapContent, type MapModel, noteOf, typesOfMap } from "./model.ts";
import { camelCase } from "./names.ts";
import { constantPart, type Part, privatePart } from "./part.ts";
import { quoted, withNote } from "./print.ts";
import type { Docs } from "./read-docs.ts";

/** What a map's constant is called. */
export function mapConstant(name: string): string {
  return `${camelCase(name)}Map`;
}

/** A map as the constant of its spec. */
export function emitMap(model: MapModel, scope: FileScope, docs: Docs): readonly Part[] {
  const { name, type, maxEntries, flags, content } = model;
  const entries = content.kind === "storage" ? {} : { maxEntries: String(maxEntries) };
  const constant = constantPart({
    doc: withNote(docs.symbol(name), ...notesOf(model)),
    exported: true,
    name: scope.declare(mapConstant(name), `map ${name}`),
    type: specType(model, scope),
    value: {
      name: quoted(name),
      type: quoted(type),
      ...entries,
      ...(content.kind === "storage" ? {} : { flags: String(flags) }),
      ...contentLiteral(content, scope),
      ...(hasLayout(content) ? { layout: quoted(model.layout) } : {}),
    },
  });
  return [privatePart(scope.takeConstants()), constant];
}

function hasLayout({ kind }: MapContent): boolean {
  return ["keyed", "per-cpu", "ring-buffer"].includes(kind);
}

function notesOf(model: MapModel): readonly (string | undefined)[] {
  const { content, type, name } = model;
  const raw =
    content.kind === "raw"
      ? `A map of type ${type} has no spec: \`rawMap(${quoted(name)})\` has its bytes.`
      : undefined;
  return [raw, ...typesOfMap(model).map(noteOf)];
}

function contentLiteral(content: MapContent, scope: FileScope): Readonly<Record<string, string>> {
  const size = "valueSize" in content ? content.valueSize : undefined;
  const hashes = "hashes" in content ? content.hashes : 0;
  return {
    ...("key" in content ? { key: scope.codecOf(content.key) } : {}),
    ...(content.kind === "perf-buffer" ? { key: scope.runtimeValue("u32") } : {}),
    ...("value" in content ? { value: scope.codecOf(content.value) } : {}),
    ...("event" in content ? { event: scope.codecOf(content.event) } : {}),
    ...(size === undefined ? {} : { valueSize: String(size) }),
    ...(hashes === 0 ? {} : { hashes: String(hashes) }),
  };
}

/** The type of a map's spec. */
export function specType({ content, type }: MapModel, scope: FileScope): string {
  const spec = scope.runtimeType(specNames[content.kind]);
  const { kind } = content;
  if (kind === "arena" || kind === "raw") return kind === "raw" ? rawType(spec) : spec;
  if (kind === "references") return `${spec}<${scope.typeOf(content.key)}, ${quoted(type)}>`;
  if (kind === "keyed" || kind === "per-cpu") {
    return `${spec}<${scope.typeOf(content.key)}, ${scope.typeOf(content.value)}>`;
  }
  if ("value" in content) return `${spec}<${scope.typeOf(content.value)}>`;
  return `${spec}<${scope.typeOf(content.event)}>`;
}

function rawType(spec: string): string {
  return `${spec} & { readonly type: string }`;
}

const specNames = {
  keyed: "MapSpec",
  "per-cpu": "PerCpuMapSpec",
  "ring-buffer": "RingBufferSpec",
  "user-ring-buffer": "UserRingBufferSpec",
  "perf-buffer": "PerfEventArraySpec",
  queue: "QueueSpec",
  storage: "StorageMapSpec",
  "bloom-filter": "BloomFilterSpec",
  references: "ReferenceMapSpec",
  arena: "ArenaSpec",
  raw: "NamedMapSpec",
} as const satisfies Readonly<Record<MapContent["kind"], string>>;
