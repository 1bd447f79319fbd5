import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Bpf2tsError, missing } from "./bpf2ts-error.ts";

/** A name that generated code imports. */
export interface ImportedName {
  readonly name: string;
  /** The package that exports it. */
  readonly from: string;
}

/** A C type that is one value in TypeScript rather than its fields. */
export interface DomainType {
  /** The TypeScript type, or the name of one that needs no import, such as `number`. */
  readonly type: ImportedName | string;
  /** The codec of that type. */
  readonly codec: ImportedName;
  /** Bytes of the codec; the C type must have as many. */
  readonly size: number;
}

/** A compiled object. */
export interface ObjectSource {
  /** The file, `NAME.bpf.o`. */
  readonly file: string;
  /** The package that loads it, which gets its programs and settings. */
  readonly owner: string;
}

/** What to generate from what. Paths are relative to the folder of the configuration's file. */
export interface Bpf2tsConfig {
  /** How the generator is run in this repository; written into each file's head. */
  readonly command: string;
  readonly objects: readonly ObjectSource[];
  /** Folders whose `.h` and `.c` files have the doc comments. */
  readonly sources: readonly string[];
  /** The generated file of each package that owns something. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Domain types by the name of a C typedef, or of a struct without the keyword. */
  readonly domainTypes: Readonly<Record<string, DomainType>>;
}

/** Gives a configuration its type. */
export function defineConfig(config: Bpf2tsConfig): Bpf2tsConfig {
  return config;
}

/**
 * Imports a configuration, the default export of a TypeScript file, and makes its paths absolute.
 *
 * @throws {Bpf2tsError} `bad-config`
 */
export async function loadConfig(file: string): Promise<Bpf2tsConfig> {
  const path = resolve(file);
  const value = await importDefault(path);
  if (!isConfig(value)) {
    throw configError(path, "its default export is no configuration", "use defineConfig");
  }
  const absolute = (relative: string): string => resolve(dirname(path), relative);
  return {
    ...value,
    objects: value.objects.map((object) => ({ ...object, file: absolute(object.file) })),
    sources: value.sources.map(absolute),
    outputs: Object.fromEntries(
      Object.entries(value.outputs).map(([owner, output]) => [owner, absolute(output)]),
    ),
  };
}

export function configError(subject: string, reason: string, hint?: string): Bpf2tsError {
  return missing("read configuration", subject, reason, hint);
}

async function importDefault(path: string): Promise<unknown> {
  try {
    const module: unknown = await import(pathToFileURL(path).href);
    return propertyOf(module, "default");
  } catch (error) {
    throw new Bpf2tsError({
      code: "bad-config",
      operation: "read configuration",
      subject: path,
      reason: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}

function isConfig(value: unknown): value is Bpf2tsConfig {
  const [objects, sources] = [propertyOf(value, "objects"), propertyOf(value, "sources")];
  return (
    typeof propertyOf(value, "command") === "string" &&
    Array.isArray(objects) &&
    objects.every((object) => isText(object, "file") && isText(object, "owner")) &&
    Array.isArray(sources) &&
    sources.every((source) => typeof source === "string") &&
    everyValue(propertyOf(value, "outputs"), (output) => typeof output === "string") &&
    everyValue(propertyOf(value, "domainTypes"), isDomainType)
  );
}

function isDomainType(value: unknown): boolean {
  const type = propertyOf(value, "type");
  return (
    (typeof type === "string" || isImportedName(type)) &&
    isImportedName(propertyOf(value, "codec")) &&
    Number.isInteger(propertyOf(value, "size"))
  );
}

function isImportedName(value: unknown): boolean {
  return isText(value, "name") && isText(value, "from");
}

function isText(value: unknown, name: string): boolean {
  return typeof propertyOf(value, name) === "string";
}

function everyValue(value: unknown, test: (each: unknown) => boolean): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every(test);
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
