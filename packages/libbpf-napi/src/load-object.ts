import { BpfError } from "./errors.ts";
import type { Handle } from "./handle.ts";
import { openObject } from "./object.ts";
import type { LoadedObject, OpenedObject, OpenOptions } from "./object-types.ts";
import type { ProgramDevice } from "./program-types.ts";
import type { MapList, NoVariables, ObjectSpec, SettingsOf, VariableSpecs } from "./spec.ts";

/** Which map an object uses, instead of a new one as it was defined. */
export interface MapOptions {
  /** Entries, or bytes for a ring buffer. @defaultValue as defined */
  readonly maxEntries?: number;
  /** Path of a pin: the map pinned there is used; if there is none, the new one is pinned there. */
  readonly pin?: string;
  /** A map that is open already. */
  readonly reuse?: Handle;
  /** Whether it is created at all. @defaultValue true */
  readonly create?: boolean;
}

export interface LoadOptions<
  S extends VariableSpecs,
  V extends VariableSpecs = NoVariables,
> extends OpenOptions {
  /** Values of the object's load-time constants. @defaultValue as initialised in C */
  readonly settings?: Partial<SettingsOf<S>>;
  /** What its variables begin with. @defaultValue as initialised in C */
  readonly variables?: Partial<SettingsOf<V>>;
  /** By the map's name. @defaultValue new maps as defined */
  readonly maps?: Readonly<Record<string, MapOptions>>;
  /** The names of the programs to load. @defaultValue all */
  readonly programs?: readonly string[];
  /** The device that the XDP programs among them are for, see {@link OpenedObject.setDevice}. @defaultValue none */
  readonly device?: ProgramDevice;
}

/**
 * Loads the object that `spec` was generated from, off the event loop: settings and maps first, then
 * everything at once.
 *
 * @param source its path, or its bytes
 * @throws {BpfError} as {@link openObject} and {@link OpenedObject.load}; `no-such-member` when the
 * object lacks something that is in its spec
 */
export async function loadObject<
  S extends VariableSpecs,
  V extends VariableSpecs = NoVariables,
  M extends MapList = readonly string[],
>(
  spec: ObjectSpec<S, V, M>,
  source: string | Uint8Array,
  options: LoadOptions<S, V> = {},
): Promise<LoadedObject> {
  using object = await openObject(source, { name: spec.name, ...options });
  checkMembers(spec, object);
  setVariables(object, "setting", spec.settings, options.settings ?? {});
  setVariables(object, "variable", spec.variables ?? {}, options.variables ?? {});
  for (const [map, chosen] of Object.entries(options.maps ?? {})) applyMap(object, map, chosen);
  if (options.programs !== undefined) choosePrograms(object, options.programs);
  if (options.device !== undefined) chooseDevice(object, options.device);
  return await object.load();
}

type AnyObjectSpec = ObjectSpec<VariableSpecs, VariableSpecs, MapList>;

function checkMembers(spec: AnyObjectSpec, object: OpenedObject): void {
  const programs = new Set(object.programs.map(({ name }) => name));
  const maps = new Set(object.maps.map(({ name }) => name));
  const missing = [
    ...Object.values(spec.programs)
      .filter(({ name }) => !programs.has(name))
      .map(({ name }) => `program ${name}`),
    ...mapNames(spec)
      .filter((name) => !maps.has(name))
      .map((name) => `map ${name}`),
  ];
  if (missing.length === 0) return;
  throw new BpfError({
    code: "no-such-member",
    operation: "load object",
    subject: spec.name,
    reason: `the file lacks ${missing.join(", ")}`,
    hint: "it is not the file that the spec was generated from: generate it again",
  });
}

function mapNames({ maps }: AnyObjectSpec): readonly string[] {
  return isList(maps) ? maps : Object.values(maps).map(({ name }) => name);
}

function isList(maps: MapList): maps is readonly string[] {
  return Array.isArray(maps);
}

function setVariables<S extends VariableSpecs>(
  object: OpenedObject,
  kind: "setting" | "variable",
  variables: S,
  values: Partial<SettingsOf<S>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    const variable = variables[name];
    if (variable === undefined) {
      throw new BpfError({
        code: "no-such-member",
        operation: `set ${name} of object`,
        subject: object.name,
        reason: `it has no such ${kind}, but ${Object.keys(variables).join(", ")}`,
      });
    }
    if (value !== undefined) object.setVariable(variable, value);
  }
}

function applyMap(object: OpenedObject, map: string, options: MapOptions): void {
  if (options.create !== undefined) object.setAutocreate(map, options.create);
  if (options.maxEntries !== undefined) object.resizeMap(map, options.maxEntries);
  if (options.reuse !== undefined) object.reuseMap(map, options.reuse);
  if (options.pin !== undefined) object.pinMap(map, options.pin);
}

function choosePrograms(object: OpenedObject, chosen: readonly string[]): void {
  for (const name of chosen) object.setAutoload(name, true);
  for (const { name } of object.programs) {
    if (!chosen.includes(name)) object.setAutoload(name, false);
  }
}

function chooseDevice(object: OpenedObject, device: ProgramDevice): void {
  for (const { name, type, autoload } of object.programs) {
    if (autoload && type === "xdp") object.setDevice(name, device);
  }
}
