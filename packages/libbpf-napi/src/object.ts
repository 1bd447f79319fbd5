import { basename } from "node:path";
import { addon, type NativeMapDefinition, type NativeObject } from "./addon.ts";
import { encodeToBytes } from "./codec.ts";
import { type Btf, btfOfElf, type ElfFile } from "./btf/index.ts";
import { DeviceChoice } from "./device-choice.ts";
import { Descriptor } from "./descriptor.ts";
import { readObjectBytes, readObjectFile } from "./elf-check.ts";
import { type Attempt, BpfError, check } from "./errors.ts";
import { descriptorOf, type Handle } from "./handle.ts";
import { mapTypeName, programTypeName } from "./kernel-names.ts";
import { libbpfError, loadError } from "./libbpf-log.ts";
import { kernelOptions } from "./kernel-options.ts";
import { explainLoad } from "./explain-load.ts";
import { createLoadedObject, nameList } from "./loaded-object.ts";
import { mismatchError } from "./map-check.ts";
import { definitionMismatch, describeMap } from "./map-definition.ts";
import type {
  LoadedObject,
  MapDefinition,
  OpenedObject,
  OpenOptions,
  ProgramDefinition,
  VariableDefinition,
} from "./object-types.ts";
import { explainByTypes } from "./map-type-support.ts";
import { openExistingPin, requireBpffs } from "./pin.ts";
import { openProgramById } from "./program.ts";
import { renameMaps } from "./rename-maps.ts";
import type { Program, ProgramDevice } from "./program-types.ts";
import type { VariableSpec } from "./spec.ts";
import { findVariable, variablesOf } from "./variables.ts";

/**
 * Reads an object file of BPF programs, from a path or from bytes, off the event loop. Needs no
 * privileges; the kernel is not asked before {@link OpenedObject.load}.
 *
 * @throws {BpfError} `invalid-object`: not ELF, cut short, for another machine, or not what libbpf understands;
 * `no-such-member` or `invalid-argument` for maps that cannot be renamed so
 */
export async function openObject(
  source: string | Uint8Array,
  options: OpenOptions = {},
): Promise<OpenedObject> {
  const fromFile = typeof source === "string";
  const name = options.name ?? (fromFile ? basename(source).replace(/\..*$/, "") : "object");
  const subject = fromFile ? source : name;
  const file = fromFile ? await readObjectBytes(source) : source;
  const asInFile = readObjectFile(file, subject);
  const { btfPath, renameMaps: names } = options;
  const bytes = names === undefined ? file : renameMaps(file, asInFile, names);
  const elf = bytes === file ? asInFile : readObjectFile(bytes, subject);
  const { text, missing } = await kernelOptions(elf, options.kconfig);
  const config = text === undefined ? undefined : Buffer.from(text);
  const outcome = await addon().objectOpen(bytes, name, btfPath, config);
  const attempt = { operation: "open object", subject };
  if (outcome.object === undefined) {
    const cause = libbpfError(attempt, outcome);
    const { reason, errno } = cause;
    throw new BpfError({ ...attempt, code: "invalid-object", reason, errno, cause });
  }
  return new ObjectFile(outcome.object, { name, subject, elf, btfPath, missing });
}

interface ObjectSource {
  readonly name: string;
  /** How messages name it: the path, where there is one. */
  readonly subject: string;
  readonly elf: ElfFile;
  readonly btfPath: string | undefined;
  /** Kernel options that it needs, and of which nothing is known. */
  readonly missing: readonly string[];
}

class ObjectFile implements OpenedObject {
  readonly name: string;
  readonly #source: ObjectSource;
  /** Undefined once it was loaded or closed. */
  #native: NativeObject | undefined;
  #variables: readonly VariableDefinition[] | undefined;
  readonly #resized = new Map<string, number>();
  /** By name, of maps that have not been changed since they were read. */
  readonly #known = new Map<string, NativeMapDefinition>();
  /** The file's own, once read, until it is loaded: they take several times as much memory as the file. */
  #types: Btf | undefined;
  /** Of maps that it reuses and so holds open, by id; as long. */
  readonly #mapTypes = new Map<number, Btf>();
  /** Where {@link ObjectFile.load} pins what it creates, by map. */
  readonly #pins = new Map<string, string>();

  readonly #devices = new DeviceChoice();
  /** Handles of what programs are written against, until they were loaded. */
  readonly #targets: Program[] = [];

  constructor(native: NativeObject, source: ObjectSource) {
    this.#native = native;
    this.#source = source;
    this.name = source.name;
  }

  get maps(): readonly MapDefinition[] {
    return this.#definitions("list maps of").map(describeMap);
  }

  get programs(): readonly ProgramDefinition[] {
    const programs = addon().objectPrograms(this.#use("list programs of"));
    return programs.map(({ name, section, type, autoload }) => ({
      name,
      section,
      type: programTypeName(type),
      autoload,
    }));
  }

  get variables(): readonly VariableDefinition[] {
    this.#variables ??= variablesOf(this.#source.elf, () => this.#readTypes());
    return this.#variables;
  }

  findVariable(name: string): VariableDefinition {
    return findVariable(this.variables, name, this.#source.subject);
  }

  setVariable<T>(variable: VariableSpec<T>, value: T): void {
    const { section, offset, codec } = variable;
    const attempt = this.#attempt(`set variable at ${section}+${String(offset)} of`);
    const bytes = encodeToBytes(codec, value);
    const native = this.#use(attempt.operation);
    const outside = {
      code: "no-such-member",
      reason: `section ${section} has no ${String(bytes.length)} bytes there`,
      hint: "generate the spec again from this object",
    } as const;
    check(attempt, addon().objectWriteVariable(native, section, offset, bytes), {
      ENOENT: outside,
      ERANGE: outside,
    });
  }

  resizeMap(map: string, maxEntries: number): void {
    this.#definition(map, "resize");
    const attempt = this.#attempt(`resize map ${map} to ${String(maxEntries)} entries in`);
    check(attempt, addon().objectResizeMap(this.#use(attempt.operation), map, maxEntries));
    this.#known.delete(map);
    this.#resized.set(map, maxEntries);
  }

  reuseMap(map: string, existing: Handle): void {
    const attempt = this.#attempt(`reuse ${map} in`);
    const descriptor = descriptorOf(existing, attempt.operation);
    this.#reuse(map, descriptor, "incompatible-map", attempt);
  }

  pinMap(map: string, path: string): void {
    this.#definition(map, "pin");
    const attempt = { operation: `use map ${map} pinned at`, subject: path };
    const fd = openExistingPin(path, "map");
    if (fd === undefined) {
      requireBpffs(attempt, path);
      this.#pins.set(map, path);
      return;
    }
    using descriptor = new Descriptor(fd, `map ${map}`);
    this.#reuse(map, descriptor, "incompatible-pin", attempt);
  }

  async setAttachTarget(program: string, functionName: string, target?: Program): Promise<void> {
    const attempt = this.#attempt(`choose ${functionName} as target of ${program} in`);
    const native = this.#withProgram(program, attempt);
    // libbpf needs the descriptor until the object is loaded.
    const kept = target === undefined ? undefined : openProgramById(target.info().id);
    if (kept !== undefined) this.#targets.push(kept);
    const fd = kept === undefined ? 0 : descriptorOf(kept, "choose").number("choose");
    const { error } = await addon().objectAttachTarget(native, program, fd, functionName);
    check(attempt, -error, {
      ENOENT: { code: "invalid-argument", reason: `there is no function ${functionName}` },
      ESRCH: { code: "invalid-argument", reason: `there is no function ${functionName}` },
    });
  }

  setAutocreate(map: string, autocreate: boolean): void {
    this.#definition(map, "choose whether to create");
    const attempt = this.#attempt(`choose whether to create map ${map} of`);
    check(attempt, addon().objectAutocreate(this.#use(attempt.operation), map, autocreate));
  }

  setDevice(program: string, device: ProgramDevice): void {
    const attempt = this.#attempt(`choose device ${String(device.ifindex)} for ${program} of`);
    this.#devices.choose(this.#withProgram(program, attempt), program, device, attempt);
  }

  setAutoload(program: string, autoload: boolean): void {
    const attempt = this.#attempt(`choose whether to load ${program} of`);
    const native = this.#withProgram(program, attempt);
    check(attempt, addon().objectAutoload(native, program, autoload));
  }

  async load(): Promise<LoadedObject> {
    const { name, subject } = this.#source;
    const native = this.#use("load");
    this.#native = undefined;
    this.#types = undefined;
    this.#mapTypes.clear();
    const sections = loadedSections(native);
    const types = addon()
      .objectMaps(native)
      .map(({ type }) => mapTypeName(type));
    const outcome = await addon().objectLoad(native, this.#devices.netns);
    this.#closeTargets();
    if (outcome.error !== 0) {
      addon().objectClose(native);
      const failure = loadError({ operation: "load object", subject }, outcome, this.#source);
      const explained = await this.#devices.explain(explainByTypes(failure, types));
      throw await explainLoad(explained, sections);
    }
    const variables = (): readonly VariableDefinition[] => this.variables;
    const resized = this.#resized;
    return createLoadedObject(native, { name, resized, pins: this.#pins, variables });
  }

  close(): void {
    this.#closeTargets();
    if (this.#native !== undefined) addon().objectClose(this.#native);
    this.#native = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #closeTargets(): void {
    for (const target of this.#targets.splice(0)) target.close();
  }

  #reuse(
    map: string,
    existing: Descriptor,
    code: "incompatible-map" | "incompatible-pin",
    attempt: Attempt,
  ): void {
    const wanted = this.#definition(map, "reuse");
    const types = (): Btf => this.#readTypes();
    const mismatch = definitionMismatch(types, wanted, existing, this.#mapTypes);
    if (mismatch !== undefined) {
      // It is not held, so that its id may be of other types when the next map is looked at.
      this.#mapTypes.clear();
      throw mismatchError(code, attempt, mismatch);
    }
    const fd = existing.number(attempt.operation);
    check(attempt, addon().objectReuseMap(this.#use(attempt.operation), map, fd));
    this.#known.delete(map);
  }

  #readTypes(): Btf {
    this.#types ??= btfOfElf(this.#source.elf);
    return this.#types;
  }

  #definition(map: string, operation: string): NativeMapDefinition {
    this.#use(operation);
    const known = this.#known.get(map);
    if (known !== undefined) return known;
    const definitions = this.#definitions(operation);
    for (const each of definitions) this.#known.set(each.name, each);
    const definition = this.#known.get(map);
    if (definition !== undefined) return definition;
    throw new BpfError({
      code: "no-such-member",
      operation: `${operation} map ${map} of`,
      subject: this.#source.subject,
      reason: `it has no such map, but ${nameList(definitions)}`,
    });
  }

  /** For a choice about one program, which must be there. */
  #withProgram(program: string, attempt: Attempt): NativeObject {
    const native = this.#use(attempt.operation);
    const programs = addon().objectPrograms(native);
    if (programs.some(({ name }) => name === program)) return native;
    const reason = `it has no such program, but ${nameList(programs)}`;
    throw new BpfError({ ...attempt, code: "no-such-member", reason });
  }

  #definitions(operation: string): readonly NativeMapDefinition[] {
    return addon()
      .objectMaps(this.#use(operation))
      .filter(({ internal }) => !internal);
  }

  #use(operation: string): NativeObject {
    if (this.#native !== undefined) return this.#native;
    throw new BpfError({
      ...this.#attempt(operation),
      code: "invalid-state",
      reason: "it was loaded or closed before",
    });
  }

  #attempt(operation: string): Attempt {
    return { operation, subject: this.#source.subject };
  }
}

function loadedSections(native: NativeObject): readonly string[] {
  const programs = addon().objectPrograms(native);
  return programs.filter(({ autoload }) => autoload).map(({ section }) => section);
}
