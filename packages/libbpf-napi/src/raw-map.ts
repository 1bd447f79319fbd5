import { addon, type NativeMapInfo } from "./addon.ts";
import { type BtfValue, codecOfLayout } from "./btf-codec.ts";
import type { Codec } from "./codec.ts";
import { bytes, u32 } from "./codecs.ts";
import { Descriptor } from "./descriptor.ts";
import { type Attempt, BpfError, check } from "./errors.ts";
import { checkDescriptor, mapOf, possibleCpus } from "./kernel-map.ts";
import { KernelKeyedMap } from "./kernel-keyed-map.ts";
import { nativeMapInfo } from "./kernel-map-base.ts";
import { mapTypeName } from "./kernel-names.ts";
import { kernelEntryLayout } from "./map-layout.ts";
import { type MapShape, perCpuAlignment, perCpuCodec } from "./map-shape.ts";
import type { KernelMap } from "./map-types.ts";
import { openPin } from "./pin.ts";
import type { DecodedMap, MapPlace, RawMap } from "./raw-map-types.ts";
import type { MapSpec } from "./spec.ts";

/**
 * Opens a map of whatever type for keys and values as bytes.
 *
 * @throws {BpfError} `no-such-map`, `pin-missing`, `incompatible-pin`, `not-permitted`
 */
export function openRawMap(place: MapPlace): RawMap {
  return closingOnError(descriptorAt(place), rawMapOf);
}

/**
 * Opens a map for keys and values as its own type information describes them.
 *
 * @throws {BpfError} as {@link openRawMap}; `incompatible-map` for a map without type information
 */
export function openDecodedMap(place: MapPlace): DecodedMap {
  return closingOnError(descriptorAt(place), decodedMapOf);
}

/**
 * Opens a map by its id, which a program, a map of maps or bpftool tells.
 *
 * @throws {BpfError} `no-such-map`, or `incompatible-map`, which names the field that differs
 */
export function openMapById<K, V>(id: number, spec: MapSpec<K, V>): KernelMap<K, V> {
  const attempt = { operation: `open map ${spec.name}`, subject: `of id ${String(id)}` };
  return mapOf(checkDescriptor(descriptorAt({ id }), spec, "incompatible-map", attempt), spec);
}

/** The handle for bytes. Takes the descriptor over. */
export function rawMapOf(descriptor: Descriptor): RawMap {
  const info = nativeMapInfo(descriptor);
  const key = bytes(info.keySize);
  return new UntypedMap(descriptor, shapeOf(info, key, bytes(wholeValueSize(info))));
}

/** The handle for what the map's type information describes. Takes the descriptor over. */
export function decodedMapOf(descriptor: Descriptor): DecodedMap {
  const info = nativeMapInfo(descriptor);
  const layout = kernelEntryLayout(info);
  if (layout === undefined) throw noTypes(descriptor);
  const [key, value] = [codecOfLayout(layout.key), codecOfLayout(layout.value)];
  const whole: Codec<BtfValue> = isPerCpu(info) ? allCpus(value) : value;
  // What is copied is as large as the map says, whatever its type information says.
  if (key.size !== info.keySize || whole.size !== wholeValueSize(info))
    throw lyingTypes(descriptor);
  return new UntypedMap<BtfValue, BtfValue>(descriptor, shapeOf(info, key, whole));
}

/** Gives the descriptor to `make`, and closes it when that fails. */
export function closingOnError<T>(descriptor: Descriptor, make: (descriptor: Descriptor) => T): T {
  try {
    return make(descriptor);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function descriptorAt(place: MapPlace): Descriptor {
  if ("pin" in place) {
    return new Descriptor(openPin(place.pin, "map"), `map pinned at ${place.pin}`);
  }
  const attempt: Attempt = { operation: "open map", subject: `of id ${String(place.id)}` };
  const fd = check(attempt, addon().mapById(place.id), {
    ENOENT: { code: "no-such-map", reason: "no map has it, or has it any more" },
  });
  return new Descriptor(fd, `map of id ${String(place.id)}`);
}

function shapeOf<K, V>(info: NativeMapInfo, key: Codec<K>, value: Codec<V>): MapShape<K, V> {
  const { name, type, maxEntries } = info;
  return { name, type: mapTypeName(type), maxEntries, key, value };
}

function isPerCpu(info: NativeMapInfo): boolean {
  return mapTypeName(info.type).includes("percpu");
}

/** The types whose values are descriptors on the way in and ids on the way out, whatever their size. */
const references = new Set([
  "prog_array",
  "perf_event_array",
  "cgroup_array",
  "array_of_maps",
  "hash_of_maps",
]);

/** How many bytes the kernel copies for a value. */
function wholeValueSize(info: NativeMapInfo): number {
  const type = mapTypeName(info.type);
  if (references.has(type)) return u32.size;
  if (!isPerCpu(info)) return info.valueSize;
  return Math.ceil(info.valueSize / perCpuAlignment) * perCpuAlignment * possibleCpus();
}

function allCpus(value: Codec<BtfValue>): Codec<BtfValue> {
  const codec = perCpuCodec({ value }, possibleCpus());
  return {
    size: codec.size,
    encode(values, target, offset) {
      codec.encode(Array.isArray(values) ? values : [values], target, offset);
    },
    decode: (source, offset) => codec.decode(source, offset),
  };
}

class UntypedMap<K, V> extends KernelKeyedMap<K, V> {
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;

  constructor(descriptor: Descriptor, shape: MapShape<K, V>) {
    super(descriptor, shape);
    this.type = shape.type;
    this.keySize = shape.key.size;
    this.valueSize = shape.value.size;
  }
}

function noTypes(descriptor: Descriptor): BpfError {
  return new BpfError({
    code: "incompatible-map",
    operation: "decode",
    subject: descriptor.subject,
    reason: "it was created without type information (BTF) of key and value",
    hint: "open it as a raw map, or give a spec",
  });
}

function lyingTypes(descriptor: Descriptor): BpfError {
  return new BpfError({
    code: "incompatible-map",
    operation: "decode",
    subject: descriptor.subject,
    reason: "its type information describes other sizes than it has",
    hint: "open it as a raw map",
  });
}
