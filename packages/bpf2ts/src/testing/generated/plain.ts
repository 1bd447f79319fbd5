// Generated from plain.bpf.o by bpf2ts; do not edit.
import {
  type Codec,
  type MapSpec,
  type ObjectSpec,
  type ProgramSpec,
  type VariableSpec,
  arrayOf,
  bitfield,
  bool,
  bytes,
  f64,
  s16,
  s32,
  s64,
  s8,
  text,
  u16,
  u32,
  u64,
  u8,
} from "libbpf-napi";

export const SampleDistance = {
  near: 1,
  far: 2,
} as const;

/** The names of {@link SampleDistance}. */
export type SampleDistanceName = keyof typeof SampleDistance;

/** One of {@link SampleDistance}, or a number that has no name here: one that a later release added. */
export type SampleDistance = (typeof SampleDistance)[SampleDistanceName] | (number & {});

const sampleDistanceNames = new Map<number, SampleDistanceName>([
  [1, "near"],
  [2, "far"],
]);

/** The name of a value of {@link SampleDistance}, if it has one. */
export function sampleDistanceName(value: SampleDistance): SampleDistanceName | undefined {
  return sampleDistanceNames.get(value);
}

export const State = {
  idle: 0,
  busy: 5,
} as const;

/** The names of {@link State}. */
export type StateName = keyof typeof State;

/** One of {@link State}, or a number that has no name here: one that a later release added. */
export type State = (typeof State)[StateName] | (number & {});

const stateNames = new Map<number, StateName>([
  [0, "idle"],
  [5, "busy"],
]);

/** The name of a value of {@link State}, if it has one. */
export function stateName(value: State): StateName | undefined {
  return stateNames.get(value);
}

export interface SamplePlace {
  readonly x: number;
  readonly y: number;
}

/** {@link SamplePlace} in memory: 8 bytes. */
export const samplePlaceCodec: Codec<SamplePlace> = {
  size: 8,
  encode(value, target, offset) {
    s32.encode(value.x, target, offset);
    s32.encode(value.y, target, offset + 4);
  },
  decode(source, offset) {
    return {
      x: s32.decode(source, offset),
      y: s32.decode(source, offset + 4),
    };
  },
};

const text16 = text(16);
const bytes6 = bytes(6);
const bits512to515 = bitfield(512, 4);
const signedBits516to520 = bitfield(516, 5, true);
const bytes4 = bytes(4);
const bytes8 = bytes(8);
const s32x3 = arrayOf(s32, 3);
const s32x3x2 = arrayOf(s32x3, 2);
const text8 = text(8);
const text8x2 = arrayOf(text8, 2);

export interface Sample {
  readonly letter: number;
  readonly small: number;
  readonly flag: number;
  readonly number: number;
  readonly count: number;
  readonly total: bigint;
  readonly difference: bigint;
  readonly comm: string;
  readonly mac: Uint8Array;
  readonly ready: boolean;
  readonly state: State;
  readonly distance: SampleDistance;
  readonly version: number;
  readonly offset: number;
  /** As bytes: a union of `word` (u32), `octets` (u8[4]). */
  readonly wordUnion: Uint8Array;
  /** As bytes: a union of `large` (u64), `pair` (s32[2]). */
  readonly either: Uint8Array;
  readonly place: SamplePlace;
  readonly inner: number;
  readonly owner: bigint;
  readonly share: number;
  readonly little: number;
  readonly reserved: number;
  readonly _4: number;
  readonly matrix: readonly (readonly number[])[];
  readonly labels: readonly string[];
}

/** {@link Sample} in memory: 168 bytes. */
export const sampleCodec: Codec<Sample> = {
  size: 168,
  encode(value, target, offset) {
    s8.encode(value.letter, target, offset);
    s8.encode(value.small, target, offset + 1);
    u8.encode(value.flag, target, offset + 2);
    s16.encode(value.number, target, offset + 4);
    s32.encode(value.count, target, offset + 8);
    u64.encode(value.total, target, offset + 16);
    s64.encode(value.difference, target, offset + 24);
    text16.encode(value.comm, target, offset + 32);
    bytes6.encode(value.mac, target, offset + 48);
    bool.encode(value.ready, target, offset + 54);
    u32.encode(value.state, target, offset + 56);
    u32.encode(value.distance, target, offset + 60);
    bits512to515.encode(value.version, target, offset);
    signedBits516to520.encode(value.offset, target, offset);
    bytes4.encode(value.wordUnion, target, offset + 68);
    bytes8.encode(value.either, target, offset + 72);
    samplePlaceCodec.encode(value.place, target, offset + 80);
    u16.encode(value.inner, target, offset + 88);
    u64.encode(value.owner, target, offset + 96);
    f64.encode(value.share, target, offset + 104);
    u16.encode(value.little, target, offset + 112);
    s32.encode(value.reserved, target, offset + 116);
    s32.encode(value._4, target, offset + 120);
    s32x3x2.encode(value.matrix, target, offset + 124);
    text8x2.encode(value.labels, target, offset + 148);
  },
  decode(source, offset) {
    return {
      letter: s8.decode(source, offset),
      small: s8.decode(source, offset + 1),
      flag: u8.decode(source, offset + 2),
      number: s16.decode(source, offset + 4),
      count: s32.decode(source, offset + 8),
      total: u64.decode(source, offset + 16),
      difference: s64.decode(source, offset + 24),
      comm: text16.decode(source, offset + 32),
      mac: bytes6.decode(source, offset + 48),
      ready: bool.decode(source, offset + 54),
      state: u32.decode(source, offset + 56),
      distance: u32.decode(source, offset + 60),
      version: bits512to515.decode(source, offset),
      offset: signedBits516to520.decode(source, offset),
      wordUnion: bytes4.decode(source, offset + 68),
      either: bytes8.decode(source, offset + 72),
      place: samplePlaceCodec.decode(source, offset + 80),
      inner: u16.decode(source, offset + 88),
      owner: u64.decode(source, offset + 96),
      share: f64.decode(source, offset + 104),
      little: u16.decode(source, offset + 112),
      reserved: s32.decode(source, offset + 116),
      _4: s32.decode(source, offset + 120),
      matrix: s32x3x2.decode(source, offset + 124),
      labels: text8x2.decode(source, offset + 148),
    };
  },
};

export interface Bounds {
  readonly low: number;
  readonly strict: boolean;
}

/** {@link Bounds} in memory: 8 bytes. */
export const boundsCodec: Codec<Bounds> = {
  size: 8,
  encode(value, target, offset) {
    s32.encode(value.low, target, offset);
    bool.encode(value.strict, target, offset + 4);
  },
  decode(source, offset) {
    return {
      low: s32.decode(source, offset),
      strict: bool.decode(source, offset + 4),
    };
  },
};

export const samplesMap: MapSpec<string, Sample> = {
  name: "samples",
  type: "hash",
  maxEntries: 4,
  flags: 0,
  key: text8,
  value: sampleCodec,
  layout: "577b7cc7eb8ab363",
};

const bytes16 = bytes(16);

/** As bytes: an integer of 16 bytes. */
export const wideMap: MapSpec<number, Uint8Array> = {
  name: "wide",
  type: "array",
  maxEntries: 1,
  flags: 0,
  key: s32,
  value: bytes16,
  layout: "512bff3ad8e30996",
};

/** The load-time constants of the object `plain`. */
export type PlainSettings = {
  readonly limit: VariableSpec<number>;
  readonly bounds: VariableSpec<Bounds>;
};

/** The programs of the object `plain`. */
export type PlainPrograms = {
  readonly run: ProgramSpec;
};

/** The variables of the object `plain`. */
export type PlainVariables = {
  readonly levels: VariableSpec<readonly number[]>;
  readonly mode: VariableSpec<number>;
  readonly state: VariableSpec<State>;
  readonly runs: VariableSpec<bigint>;
  /** As bytes: an integer of 16 bytes. */
  readonly huge: VariableSpec<Uint8Array>;
};

/** The maps of the object `plain`. */
export type PlainMaps = {
  readonly samples: MapSpec<string, Sample>;
  readonly wide: MapSpec<number, Uint8Array>;
};

/** The object `plain`. */
export const plainObject: ObjectSpec<PlainSettings, PlainVariables, PlainMaps> & {
  readonly programs: PlainPrograms;
  readonly variables: PlainVariables;
} = {
  name: "plain",
  programs: { run: { name: "run", section: "tc" } },
  maps: { samples: samplesMap, wide: wideMap },
  settings: {
    limit: { section: ".rodata", offset: 0, codec: s32 },
    bounds: { section: ".rodata", offset: 4, codec: boundsCodec },
  },
  variables: {
    levels: { section: ".data", offset: 0, codec: s32x3 },
    mode: { section: ".data", offset: 12, codec: s8 },
    state: { section: ".data.states", offset: 0, codec: u32 },
    runs: { section: ".bss", offset: 0, codec: u64 },
    huge: { section: ".bss", offset: 16, codec: bytes16 },
  },
};
