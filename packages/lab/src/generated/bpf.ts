// Generated from the types of the BPF objects by `node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts`; do not edit.
import {
  type Codec,
  type Layout,
  type MapSpec,
  type ObjectSpec,
  type PerCpuMapSpec,
  type ProgramSpec,
  type RingBufferSpec,
  bytes,
  u32,
  u64,
  u8,
} from "libbpf-napi";

/** The bounds of what can be impaired. */
export const ImpairBound = {
  /** Ports with both directions: 35 hosts with two devices are 140. */
  places: 256,
  /** Bytes of a frame that can be held: more than a test run takes (3710) would not get out again. */
  frame: 3514,
} as const;

/** The names of {@link ImpairBound}. */
export type ImpairBoundName = keyof typeof ImpairBound;

/** One of {@link ImpairBound}, or a number that has no name here: one that a later release added. */
export type ImpairBound = (typeof ImpairBound)[ImpairBoundName] | (number & {});

const impairBoundNames = new Map<number, ImpairBoundName>([
  [256, "places"],
  [3514, "frame"],
]);

/** The name of a value of {@link ImpairBound}, if it has one. */
export function impairBoundName(value: ImpairBound): ImpairBoundName | undefined {
  return impairBoundNames.get(value);
}

/** A direction of a host's link, as the host sees it. */
export const ImpairDirection = {
  /** What the host sends: the ingress of its port. */
  from: 0,
  /** What the host gets: the egress of its port. */
  to: 1,
} as const;

/** The names of {@link ImpairDirection}. */
export type ImpairDirectionName = keyof typeof ImpairDirection;

/** One of {@link ImpairDirection}, or a number that has no name here: one that a later release added. */
export type ImpairDirection = (typeof ImpairDirection)[ImpairDirectionName] | (number & {});

const impairDirectionNames = new Map<number, ImpairDirectionName>([
  [0, "from"],
  [1, "to"],
]);

/** The name of a value of {@link ImpairDirection}, if it has one. */
export function impairDirectionName(value: ImpairDirection): ImpairDirectionName | undefined {
  return impairDirectionNames.get(value);
}

/** What is impaired: one direction of a port of the lab's switch. */
export interface ImpairPlace {
  /** The port's index. */
  readonly ifindex: number;
  readonly direction: ImpairDirection;
}

/** {@link ImpairPlace} in memory: 8 bytes. */
export const impairPlaceCodec: Codec<ImpairPlace> = {
  size: 8,
  encode(value, target, offset) {
    u32.encode(value.ifindex, target, offset);
    u8.encode(value.direction, target, offset + 4);
  },
  decode(source, offset) {
    return {
      ifindex: u32.decode(source, offset),
      direction: u8.decode(source, offset + 4),
    };
  },
};

/** What became of the packets of a place, since its impairment was set. */
export interface ImpairCount {
  readonly packets: bigint;
  readonly lost: bigint;
  readonly duplicated: bigint;
  readonly reordered: bigint;
  /** Lost since they could not be held: too large, or too many at once. */
  readonly overflowed: bigint;
}

/** {@link ImpairCount} in memory: 40 bytes. */
export const impairCountCodec: Codec<ImpairCount> = {
  size: 40,
  encode(value, target, offset) {
    u64.encode(value.packets, target, offset);
    u64.encode(value.lost, target, offset + 8);
    u64.encode(value.duplicated, target, offset + 16);
    u64.encode(value.reordered, target, offset + 24);
    u64.encode(value.overflowed, target, offset + 32);
  },
  decode(source, offset) {
    return {
      packets: u64.decode(source, offset),
      lost: u64.decode(source, offset + 8),
      duplicated: u64.decode(source, offset + 16),
      reordered: u64.decode(source, offset + 24),
      overflowed: u64.decode(source, offset + 32),
    };
  },
};

const bytes3514 = bytes(3514);

/** A frame that is held. A record ends with the frame's last byte. */
export interface ImpairHeld {
  /** When it goes on, in nanoseconds of CLOCK_MONOTONIC. */
  readonly deadline: bigint;
  /** Where it was taken from. */
  readonly place: ImpairPlace;
  readonly frame: Uint8Array;
}

/** {@link ImpairHeld} in memory: 3536 bytes. */
export const impairHeldCodec: Codec<ImpairHeld> = {
  size: 3536,
  encode(value, target, offset) {
    u64.encode(value.deadline, target, offset);
    impairPlaceCodec.encode(value.place, target, offset + 8);
    bytes3514.encode(value.frame, target, offset + 16);
  },
  decode(source, offset) {
    return {
      deadline: u64.decode(source, offset),
      place: impairPlaceCodec.decode(source, offset + 8),
      frame: bytes3514.decode(source, offset + 16),
    };
  },
};

/** How packets are impaired. Shares are of 2^32. */
export interface Impairment {
  /** The fate of the n-th packet is a function of this and n alone. */
  readonly seed: bigint;
  /** For how long every packet is held, in nanoseconds. */
  readonly delay: bigint;
  /** For how much longer a packet is held that later ones are to overtake, in nanoseconds. */
  readonly gap: bigint;
  /** The share of packets that are lost. */
  readonly loss: bigint;
  /** The share of the others that come twice. */
  readonly duplicate: bigint;
  /** The share of the others that are held for longer. */
  readonly reorder: bigint;
}

/** {@link Impairment} in memory: 48 bytes. */
export const impairmentCodec: Codec<Impairment> = {
  size: 48,
  encode(value, target, offset) {
    u64.encode(value.seed, target, offset);
    u64.encode(value.delay, target, offset + 8);
    u64.encode(value.gap, target, offset + 16);
    u64.encode(value.loss, target, offset + 24);
    u64.encode(value.duplicate, target, offset + 32);
    u64.encode(value.reorder, target, offset + 40);
  },
  decode(source, offset) {
    return {
      seed: u64.decode(source, offset),
      delay: u64.decode(source, offset + 8),
      gap: u64.decode(source, offset + 16),
      loss: u64.decode(source, offset + 24),
      duplicate: u64.decode(source, offset + 32),
      reorder: u64.decode(source, offset + 40),
    };
  },
};

/** Counts of the places in `impairments`. */
export const impairCountsMap: MapSpec<ImpairPlace, ImpairCount> = {
  name: "impair_counts",
  type: "hash",
  maxEntries: 256,
  flags: 0,
  key: impairPlaceCodec,
  value: impairCountCodec,
  layout: "ae93067cf98318f6",
};

/** Frames to be held, on their way to the delay line. */
export const impairLineMap: RingBufferSpec<ImpairHeld> = {
  name: "impair_line",
  type: "ringbuf",
  maxEntries: 8388608,
  flags: 0,
  event: impairHeldCodec,
  layout: "6487c30923d446d9",
};

/** Where a record is put together. */
export const impairScratchMap: PerCpuMapSpec<number, ImpairHeld> = {
  name: "impair_scratch",
  type: "percpu_array",
  maxEntries: 1,
  flags: 0,
  key: u32,
  value: impairHeldCodec,
  layout: "5f3a7d8ee48c65f2",
};

/** Impaired places; others are left alone. */
export const impairmentsMap: MapSpec<ImpairPlace, Impairment> = {
  name: "impairments",
  type: "hash",
  maxEntries: 256,
  flags: 0,
  key: impairPlaceCodec,
  value: impairmentCodec,
  layout: "be3c5ca509f9d69b",
};

/** The load-time constants of the object `impair`. */
export type ImpairSettings = Readonly<Record<string, never>>;

/** The programs of the object `impair`. */
export type ImpairPrograms = {
  readonly impairFrom: ProgramSpec;
  readonly impairTo: ProgramSpec;
  readonly impairEmit: ProgramSpec;
};

/** The object `impair`. */
export const impairObject: ObjectSpec<ImpairSettings> & { readonly programs: ImpairPrograms } = {
  name: "impair",
  programs: {
    impairFrom: { name: "impair_from", section: "tc" },
    impairTo: { name: "impair_to", section: "tc" },
    impairEmit: { name: "impair_emit", section: "tc" },
  },
  maps: ["impairments", "impair_counts", "impair_line", "impair_scratch"],
  settings: {},
};

const u32Layout: Layout = { kind: "scalar", format: "u32", size: 4, names: ["__u32"] };

const impairDirectionLayout: Layout = {
  kind: "scalar",
  format: "u8",
  size: 1,
  names: ["enum impair_direction"],
};

const u8Layout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["__u8"] };

/** How {@link ImpairPlace} lies in memory. */
export const impairPlaceLayout: Layout = {
  kind: "struct",
  size: 8,
  names: ["struct impair_place"],
  fields: [
    { name: "ifindex", offset: 0, type: u32Layout },
    { name: "direction", offset: 4, type: impairDirectionLayout },
    {
      name: "reserved",
      offset: 5,
      type: { kind: "array", size: 3, names: [], length: 3, element: u8Layout },
    },
  ],
};

const u64Layout: Layout = { kind: "scalar", format: "u64", size: 8, names: ["__u64"] };

/** How {@link ImpairCount} lies in memory. */
export const impairCountLayout: Layout = {
  kind: "struct",
  size: 40,
  names: ["struct impair_count"],
  fields: [
    { name: "packets", offset: 0, type: u64Layout },
    { name: "lost", offset: 8, type: u64Layout },
    { name: "duplicated", offset: 16, type: u64Layout },
    { name: "reordered", offset: 24, type: u64Layout },
    { name: "overflowed", offset: 32, type: u64Layout },
  ],
};

/** How {@link ImpairHeld} lies in memory. */
export const impairHeldLayout: Layout = {
  kind: "struct",
  size: 3536,
  names: ["struct impair_held"],
  fields: [
    { name: "deadline", offset: 0, type: u64Layout },
    { name: "place", offset: 8, type: impairPlaceLayout },
    {
      name: "frame",
      offset: 16,
      type: { kind: "array", size: 3514, names: [], length: 3514, element: u8Layout },
    },
    {
      name: "reserved",
      offset: 3530,
      type: { kind: "array", size: 6, names: [], length: 6, element: u8Layout },
    },
  ],
};

/** How {@link Impairment} lies in memory. */
export const impairmentLayout: Layout = {
  kind: "struct",
  size: 48,
  names: ["struct impairment"],
  fields: [
    { name: "seed", offset: 0, type: u64Layout },
    { name: "delay", offset: 8, type: u64Layout },
    { name: "gap", offset: 16, type: u64Layout },
    { name: "loss", offset: 24, type: u64Layout },
    { name: "duplicate", offset: 32, type: u64Layout },
    { name: "reorder", offset: 40, type: u64Layout },
  ],
};
