import { addon, type NativeObject } from "./addon.ts";
import { attachProgram, attachStructOps } from "./attach-by-object.ts";
import type { AttachTarget } from "./attach-target-types.ts";
import { arenaOf, type ArenaSpec, type KernelArena } from "./arena.ts";
import { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import { BpfError } from "./errors.ts";
import type { Handle } from "./handle.ts";
import { checkDescriptor, mapOf, perCpuMapOf, ringBufferOf } from "./kernel-map.ts";
import { mapTypeName } from "./kernel-names.ts";
import type { Link } from "./link-types.ts";
import { bloomFilterOf, queueOf } from "./kernel-queue.ts";
import type { KnownSpec } from "./known-spec.ts";
import type { KernelMap, KernelPerCpuMap, KernelRingBuffer } from "./map-types.ts";
import type { MappedMemory } from "./mapped-memory.ts";
import type { LoadedObject, Variable, VariableDefinition } from "./object-types.ts";
import { perfBufferOf, perfBufferTraits } from "./perf-buffer.ts";
import type { KernelPerfBuffer, PerfBufferSpec } from "./perf-buffer-types.ts";
import {
  type KernelUserRingBuffer,
  userRingBufferOf,
  type UserRingBufferSpec,
} from "./user-ring-buffer.ts";
import { pinDescriptor, unpin } from "./pin.ts";
import { createProgram } from "./program.ts";
import type { Program } from "./program-types.ts";
import type { BloomFilterSpec, KernelBloomFilter, KernelQueue, QueueSpec } from "./queue-types.ts";
import { closingOnError, decodedMapOf, rawMapOf } from "./raw-map.ts";
import type { DecodedMap, RawMap } from "./raw-map-types.ts";
import { referenceMapOf, referenceTraits } from "./reference-map.ts";
import type { KernelReferenceMap, ReferenceMapSpec, ReferenceMapType } from "./reference-types.ts";
import { storageMapOf, storageTraits } from "./storage-map.ts";
import type { KernelStorageMap, StorageMapSpec } from "./storage-types.ts";
import type {
  MapSpec,
  NamedMapSpec,
  ObjectMapSpec,
  PerCpuMapSpec,
  RingBufferSpec,
  VariableSection,
  VariableSpec,
} from "./spec.ts";
import { createVariableSections, findVariable, type VariableSections } from "./variables.ts";

export interface LoadedObjectSettings {
  readonly name: string;
  /** Numbers of entries that were chosen instead of the defined ones, by map. */
  readonly resized: ReadonlyMap<string, number>;
  /** Where new maps are pinned, by map. */
  readonly pins: ReadonlyMap<string, string>;
  /** Read from the file when they are asked for. */
  readonly variables: () => readonly VariableDefinition[];
}

/** Pins what is to be pinned. Takes the native object over, and closes it on failure. */
export function createLoadedObject(
  native: NativeObject,
  settings: LoadedObjectSettings,
): LoadedObject {
  const loaded = new KernelObjects(native, settings);
  try {
    loaded.pinMaps(settings.pins);
    return loaded;
  } catch (error) {
    loaded.close();
    throw error;
  }
}

/** Names for a message. */
export function nameList(members: readonly { readonly name: string }[]): string {
  return members.length === 0 ? "none" : members.map(({ name }) => name).join(", ");
}

class KernelObjects implements LoadedObject {
  readonly name: string;
  readonly #resized: ReadonlyMap<string, number>;
  readonly #handles: Handle[] = [];
  #native: NativeObject | undefined;

  readonly #definitions: () => readonly VariableDefinition[];
  readonly #sections: VariableSections;

  constructor(native: NativeObject, settings: LoadedObjectSettings) {
    this.#native = native;
    this.#definitions = settings.variables;
    this.#sections = createVariableSections(`object ${settings.name}`, (section) =>
      this.#mapDescriptor(section),
    );
    this.#resized = settings.resized;
    this.name = settings.name;
  }

  map<K, V>(given: ObjectMapSpec<MapSpec<K, V>>): KernelMap<K, V> {
    const spec = { ...this.#toldOf(given.name), ...given };
    return this.#keep(mapOf(this.#checkedMap(spec), this.#resize(spec)));
  }

  perCpuMap<K, V>(given: ObjectMapSpec<PerCpuMapSpec<K, V>>): KernelPerCpuMap<K, V> {
    const spec = { ...this.#toldOf(given.name), ...given };
    return this.#keep(perCpuMapOf(this.#checkedMap(spec), this.#resize(spec)));
  }

  ringBuffer<E>(given: ObjectMapSpec<RingBufferSpec<E>>): KernelRingBuffer<E> {
    const spec = { ...this.#toldOf(given.name), ...given };
    return this.#keep(ringBufferOf(this.#checkedMap(spec), this.#resize(spec)));
  }

  queue<V>(spec: QueueSpec<V>): KernelQueue<V> {
    return this.#keep(queueOf(this.#checkedMap(spec), this.#resize(spec)));
  }

  bloomFilter<V>(spec: BloomFilterSpec<V>): KernelBloomFilter<V> {
    return this.#keep(bloomFilterOf(this.#checkedMap(spec), this.#resize(spec)));
  }

  referenceMap<K, T extends ReferenceMapType>(
    given: ObjectMapSpec<ReferenceMapSpec<K, T>>,
  ): KernelReferenceMap<K, T> {
    const spec = { ...this.#toldOf(given.name), ...given };
    const descriptor = this.#checkedMap(referenceTraits(spec));
    return this.#keep(referenceMapOf(descriptor, this.#resize(spec)));
  }

  storageMap<V>(spec: StorageMapSpec<V>): KernelStorageMap<V> {
    return this.#keep(storageMapOf(this.#checkedMap(storageTraits(spec)), spec));
  }

  perfBuffer<E>(spec: PerfBufferSpec<E>): KernelPerfBuffer<E> {
    return this.#keep(perfBufferOf(this.#checkedMap(perfBufferTraits(spec)), spec));
  }

  userRingBuffer<E>(spec: UserRingBufferSpec<E>): KernelUserRingBuffer<E> {
    return this.#keep(userRingBufferOf(this.#checkedMap(spec), this.#resize(spec)));
  }

  arena(spec: ArenaSpec): KernelArena {
    const descriptor = this.#checkedMap(spec);
    const native = this.#use("get an arena of");
    return this.#keep(
      arenaOf(descriptor, this.#resize(spec), () => addon().objectArena(native, spec.name)),
    );
  }

  rawMap(name: string): RawMap {
    return this.#keep(closingOnError(this.#mapDescriptor(name), rawMapOf));
  }

  decodedMap(name: string): DecodedMap {
    return this.#keep(closingOnError(this.#mapDescriptor(name), decodedMapOf));
  }

  get variables(): readonly VariableDefinition[] {
    return this.#definitions();
  }

  findVariable(name: string): VariableDefinition {
    return findVariable(this.variables, name, `object ${this.name}`);
  }

  variable<T>(spec: VariableSpec<T>): Variable<T> {
    return this.#sections.variable(spec);
  }

  memory(section: VariableSection): MappedMemory {
    return this.#sections.memory(section);
  }

  program(name: string): Program {
    const native = this.#use(`get program ${name} of`);
    const fd = addon().objectProgramFd(native, name);
    if (fd >= 0) return this.#keep(createProgram(new Descriptor(fd, `program ${name}`), name));
    const loaded = addon()
      .objectPrograms(native)
      .filter(({ autoload }) => autoload);
    throw this.#missing(
      `get program ${name} of`,
      `it loaded no such program, but ${nameList(loaded)}`,
    );
  }

  async attach(program: string, target?: AttachTarget): Promise<Link> {
    const native = this.#use(`attach program ${program} of`);
    const programs = addon()
      .objectPrograms(native)
      .filter(({ autoload }) => autoload);
    const found = programs.find(({ name }) => name === program);
    if (found !== undefined) return await attachProgram(native, found, target);
    const reason = `it loaded no such program, but ${nameList(programs)}`;
    throw this.#missing(`attach program ${program} of`, reason);
  }

  async attachStructOps(map: string): Promise<Link> {
    const operation = `attach map ${map} of`;
    const native = this.#use(operation);
    const maps = addon()
      .objectMaps(native)
      .filter(({ type }) => mapTypeName(type) === "struct_ops");
    if (maps.some(({ name }) => name === map)) return await attachStructOps(native, map);
    throw this.#missing(operation, `it has no such map of struct_ops, but ${nameList(maps)}`);
  }

  close(): void {
    for (const handle of this.#handles.splice(0)) handle.close();
    this.#sections.close();
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

  /** Pins all or none. */
  pinMaps(pins: ReadonlyMap<string, string>): void {
    const done: string[] = [];
    try {
      for (const [map, path] of pins) {
        using descriptor = this.#mapDescriptor(map);
        pinDescriptor(descriptor, path);
        done.push(path);
      }
    } catch (error) {
      for (const path of done) unpin(path);
      throw error;
    }
  }

  #keep<H extends Handle>(handle: H): H {
    this.#handles.push(handle);
    return handle;
  }

  /** What a spec may leave out. Of a map that is not there, nothing comes of it. */
  #toldOf(map: string): Pick<MapSpec<unknown, unknown>, "maxEntries" | "flags" | "layout"> {
    const native = this.#use(`get map ${map} of`);
    const found = addon()
      .objectMaps(native)
      .find(({ name }) => name === map);
    return { maxEntries: found?.maxEntries ?? 0, flags: found?.flags ?? 0, layout: "" };
  }

  #checkedMap(spec: KnownSpec): Descriptor {
    const attempt = { operation: `get map ${spec.name} of`, subject: `object ${this.name}` };
    const descriptor = this.#mapDescriptor(spec.name);
    return checkDescriptor(descriptor, this.#resize(spec), "incompatible-map", attempt);
  }

  #mapDescriptor(name: string): Descriptor {
    const native = this.#use(`get map ${name} of`);
    const fd = addon().objectMapFd(native, name);
    if (fd >= 0) return new Descriptor(fd, `map ${name}`);
    if (errnoName(-fd) === "EBADF") {
      throw this.#missing(`get map ${name} of`, "it was chosen not to be created");
    }
    const maps = addon()
      .objectMaps(native)
      .filter(({ internal }) => !internal);
    throw this.#missing(`get map ${name} of`, `it has no such map, but ${nameList(maps)}`);
  }

  /** The spec with the number of entries that was chosen. */
  #resize<S extends NamedMapSpec>(spec: S): S {
    const maxEntries = this.#resized.get(spec.name);
    return maxEntries === undefined ? spec : { ...spec, maxEntries };
  }

  #use(operation: string): NativeObject {
    if (this.#native !== undefined) return this.#native;
    throw new BpfError({
      code: "handle-closed",
      operation,
      subject: `object ${this.name}`,
      reason: "the object was closed",
    });
  }

  #missing(operation: string, reason: string): BpfError {
    const subject = `object ${this.name}`;
    return new BpfError({ code: "no-such-member", operation, subject, reason });
  }
}
