// Generated from count.bpf.o by bpf2ts; do not edit.
import { type ObjectSpec, type PerCpuMapSpec, type ProgramSpec, u32, u64 } from "libbpf-napi";

/** How many packets there were, by IP protocol. */
export const packetsMap: PerCpuMapSpec<number, bigint> = {
  name: "packets",
  type: "percpu_array",
  maxEntries: 256,
  flags: 0,
  key: u32,
  value: u64,
  layout: "07b132f894ade28f",
};

/** The load-time constants of the object `count`. */
export type CountSettings = Readonly<Record<string, never>>;

/** The programs of the object `count`. */
export type CountPrograms = {
  /** Counts a packet, and lets it pass. */
  readonly count: ProgramSpec;
};

/** The variables of the object `count`. */
export type CountVariables = Readonly<Record<string, never>>;

/** The maps of the object `count`. */
export type CountMaps = {
  /** How many packets there were, by IP protocol. */
  readonly packets: PerCpuMapSpec<number, bigint>;
};

/** The object `count`. */
export const countObject: ObjectSpec<CountSettings, CountVariables, CountMaps> & {
  readonly programs: CountPrograms;
  readonly variables: CountVariables;
} = {
  name: "count",
  programs: { count: { name: "count", section: "xdp" } },
  maps: { packets: packetsMap },
  settings: {},
  variables: {},
};
