// Generated from kinds.bpf.o by bpf2ts; do not edit.
import {
  type ArenaSpec,
  type BloomFilterSpec,
  type Codec,
  type MapSpec,
  type NamedMapSpec,
  type ObjectSpec,
  type PerCpuMapSpec,
  type PerfEventArraySpec,
  type ProgramSpec,
  type QueueSpec,
  type ReferenceMapSpec,
  type RingBufferSpec,
  type StorageMapSpec,
  type UserRingBufferSpec,
  type VariableSpec,
  bytes,
  s32,
  s64,
  text,
  u16,
  u32,
  u64,
  u8,
  wholeRecord,
} from "libbpf-napi";

export interface Port {
  readonly number: number;
  readonly netns: number;
}

/** {@link Port} in memory: 8 bytes. */
export const portCodec: Codec<Port> = {
  size: 8,
  encode(value, target, offset) {
    u16.encode(value.number, target, offset);
    s32.encode(value.netns, target, offset + 4);
  },
  decode(source, offset) {
    return {
      number: u16.decode(source, offset),
      netns: s32.decode(source, offset + 4),
    };
  },
};

export interface Event {
  readonly kind: number;
  readonly time: bigint;
}

/** {@link Event} in memory: 16 bytes. */
export const eventCodec: Codec<Event> = {
  size: 16,
  encode(value, target, offset) {
    u8.encode(value.kind, target, offset);
    u64.encode(value.time, target, offset + 8);
  },
  decode(source, offset) {
    return {
      kind: u8.decode(source, offset),
      time: u64.decode(source, offset + 8),
    };
  },
};

const text12 = text(12);

export interface Command {
  readonly number: number;
  readonly name: string;
}

/** {@link Command} in memory: 16 bytes. */
export const commandCodec: Codec<Command> = {
  size: 16,
  encode(value, target, offset) {
    s32.encode(value.number, target, offset);
    text12.encode(value.name, target, offset + 4);
  },
  decode(source, offset) {
    return {
      number: s32.decode(source, offset),
      name: text12.decode(source, offset + 4),
    };
  },
};

const bytes4 = bytes(4);

export interface Prefix {
  readonly length: number;
  readonly address: Uint8Array;
}

/** {@link Prefix} in memory: 8 bytes. */
export const prefixCodec: Codec<Prefix> = {
  size: 8,
  encode(value, target, offset) {
    u32.encode(value.length, target, offset);
    bytes4.encode(value.address, target, offset + 4);
  },
  decode(source, offset) {
    return {
      length: u32.decode(source, offset),
      address: bytes4.decode(source, offset + 4),
    };
  },
};

export const tailsMap: ReferenceMapSpec<number, "prog_array"> = {
  name: "tails",
  type: "prog_array",
  maxEntries: 4,
  flags: 0,
  key: u32,
};

export const hitsMap: PerCpuMapSpec<number, bigint> = {
  name: "hits",
  type: "percpu_array",
  maxEntries: 8,
  flags: 0,
  key: u32,
  value: u64,
  layout: "07b132f894ade28f",
};

export const portsMap: MapSpec<Port, bigint> = {
  name: "ports",
  type: "hash",
  maxEntries: 8,
  flags: 0,
  key: portCodec,
  value: s64,
  layout: "eee107c7cb438ec4",
};

export const eventsMap: RingBufferSpec<Event> = {
  name: "events",
  type: "ringbuf",
  maxEntries: 4096,
  flags: 0,
  event: eventCodec,
  layout: "190703fb1e48f3e8",
};

export const anyEventsMap: RingBufferSpec<Uint8Array> = {
  name: "any_events",
  type: "ringbuf",
  maxEntries: 4096,
  flags: 0,
  event: wholeRecord,
  layout: "",
};

export const perfEventsMap: PerfEventArraySpec<Event> = {
  name: "perf_events",
  type: "perf_event_array",
  maxEntries: 0,
  flags: 0,
  key: u32,
  event: eventCodec,
};

export const jobsMap: QueueSpec<Command> = {
  name: "jobs",
  type: "queue",
  maxEntries: 4,
  flags: 0,
  value: commandCodec,
};

export const seenMap: BloomFilterSpec<number> = {
  name: "seen",
  type: "bloom_filter",
  maxEntries: 64,
  flags: 0,
  value: s32,
  hashes: 3,
};

export const commandsMap: UserRingBufferSpec<Command> = {
  name: "commands",
  type: "user_ringbuf",
  maxEntries: 4096,
  flags: 0,
  event: commandCodec,
};

export const anyCommandsMap: UserRingBufferSpec<Uint8Array> = {
  name: "any_commands",
  type: "user_ringbuf",
  maxEntries: 4096,
  flags: 0,
  event: wholeRecord,
};

export const recentMap: MapSpec<Port, bigint> = {
  name: "recent",
  type: "lru_hash",
  maxEntries: 8,
  flags: 0,
  key: portCodec,
  value: s64,
  layout: "eee107c7cb438ec4",
};

export const slotsMap: MapSpec<number, number> = {
  name: "slots",
  type: "array",
  maxEntries: 8,
  flags: 0,
  key: s32,
  value: u32,
  layout: "388457d8665136ae",
};

export const portHitsMap: PerCpuMapSpec<Port, bigint> = {
  name: "port_hits",
  type: "percpu_hash",
  maxEntries: 8,
  flags: 0,
  key: portCodec,
  value: u64,
  layout: "7da701bb52c5a876",
};

export const recentHitsMap: PerCpuMapSpec<Port, bigint> = {
  name: "recent_hits",
  type: "lru_percpu_hash",
  maxEntries: 8,
  flags: 0,
  key: portCodec,
  value: u64,
  layout: "7da701bb52c5a876",
};

export const prefixesMap: MapSpec<Prefix, number> = {
  name: "prefixes",
  type: "lpm_trie",
  maxEntries: 8,
  flags: 1,
  key: prefixCodec,
  value: s32,
  layout: "7961263f3f72355f",
};

const bytes6 = bytes(6);

export const sizesMap: MapSpec<Uint8Array, Uint8Array> = {
  name: "sizes",
  type: "hash",
  maxEntries: 8,
  flags: 0,
  key: bytes4,
  value: bytes6,
  layout: "",
};

export const pinnedElsewhereMap: MapSpec<number, number> = {
  name: "pinned_elsewhere",
  type: "hash",
  maxEntries: 8,
  flags: 0,
  key: s32,
  value: s32,
  layout: "5e28ee471e6fe1f0",
};

const bytes8 = bytes(8);

export const undoneMap: QueueSpec<Uint8Array> = {
  name: "undone",
  type: "stack",
  maxEntries: 4,
  flags: 0,
  value: bytes8,
};

export const firstTenantMap: MapSpec<number, bigint> = {
  name: "first_tenant",
  type: "array",
  maxEntries: 1,
  flags: 0,
  key: s32,
  value: s64,
  layout: "89c25b835ba3aef7",
};

export const tenantsMap: ReferenceMapSpec<number, "array_of_maps"> = {
  name: "tenants",
  type: "array_of_maps",
  maxEntries: 4,
  flags: 0,
  key: s32,
};

export const namedTenantsMap: ReferenceMapSpec<Port, "hash_of_maps"> = {
  name: "named_tenants",
  type: "hash_of_maps",
  maxEntries: 4,
  flags: 0,
  key: portCodec,
};

export const devicesMap: ReferenceMapSpec<number, "devmap"> = {
  name: "devices",
  type: "devmap",
  maxEntries: 4,
  flags: 0,
  key: s32,
};

export const namedDevicesMap: ReferenceMapSpec<number, "devmap_hash"> = {
  name: "named_devices",
  type: "devmap_hash",
  maxEntries: 8,
  flags: 0,
  key: s32,
  valueSize: 4,
};

export const cpusMap: ReferenceMapSpec<number, "cpumap"> = {
  name: "cpus",
  type: "cpumap",
  maxEntries: 1,
  flags: 0,
  key: s32,
};

export const queuesMap: ReferenceMapSpec<number, "xskmap"> = {
  name: "queues",
  type: "xskmap",
  maxEntries: 8,
  flags: 0,
  key: s32,
};

export const socketsMap: ReferenceMapSpec<number, "sockmap"> = {
  name: "sockets",
  type: "sockmap",
  maxEntries: 8,
  flags: 0,
  key: s32,
};

export const namedSocketsMap: ReferenceMapSpec<Port, "sockhash"> = {
  name: "named_sockets",
  type: "sockhash",
  maxEntries: 8,
  flags: 0,
  key: portCodec,
};

export const cgroupsMap: ReferenceMapSpec<number, "cgroup_array"> = {
  name: "cgroups",
  type: "cgroup_array",
  maxEntries: 8,
  flags: 0,
  key: s32,
};

export const perSocketMap: StorageMapSpec<Event> = {
  name: "per_socket",
  type: "sk_storage",
  value: eventCodec,
};

export const perTaskMap: StorageMapSpec<Event> = {
  name: "per_task",
  type: "task_storage",
  value: eventCodec,
};

export const perInodeMap: StorageMapSpec<Event> = {
  name: "per_inode",
  type: "inode_storage",
  value: eventCodec,
};

export const perCgroupMap: StorageMapSpec<Event> = {
  name: "per_cgroup",
  type: "cgrp_storage",
  value: eventCodec,
};

export const memoryMap: ArenaSpec = { name: "memory", type: "arena", maxEntries: 4, flags: 1024 };

/** A map of type stack_trace has no spec: `rawMap("stacks")` has its bytes. */
export const stacksMap: NamedMapSpec & { readonly type: string } = {
  name: "stacks",
  type: "stack_trace",
  maxEntries: 8,
  flags: 0,
};

/** The load-time constants of the object `kinds`. */
export type KindsSettings = Readonly<Record<string, never>>;

/** The programs of the object `kinds`. */
export type KindsPrograms = {
  readonly tail: ProgramSpec;
  readonly jump: ProgramSpec;
  readonly fill: ProgramSpec;
  readonly drain: ProgramSpec;
};

/** The variables of the object `kinds`. */
export type KindsVariables = {
  readonly unusedEvent: VariableSpec<bigint>;
  readonly unusedCommand: VariableSpec<bigint>;
  readonly lastCommand: VariableSpec<number>;
  readonly lastSize: VariableSpec<number>;
};

/** The maps of the object `kinds`. */
export type KindsMaps = {
  readonly tails: ReferenceMapSpec<number, "prog_array">;
  readonly hits: PerCpuMapSpec<number, bigint>;
  readonly ports: MapSpec<Port, bigint>;
  readonly events: RingBufferSpec<Event>;
  readonly anyEvents: RingBufferSpec<Uint8Array>;
  readonly perfEvents: PerfEventArraySpec<Event>;
  readonly jobs: QueueSpec<Command>;
  readonly seen: BloomFilterSpec<number>;
  readonly commands: UserRingBufferSpec<Command>;
  readonly anyCommands: UserRingBufferSpec<Uint8Array>;
  readonly recent: MapSpec<Port, bigint>;
  readonly slots: MapSpec<number, number>;
  readonly portHits: PerCpuMapSpec<Port, bigint>;
  readonly recentHits: PerCpuMapSpec<Port, bigint>;
  readonly prefixes: MapSpec<Prefix, number>;
  readonly sizes: MapSpec<Uint8Array, Uint8Array>;
  readonly pinnedElsewhere: MapSpec<number, number>;
  readonly undone: QueueSpec<Uint8Array>;
  readonly firstTenant: MapSpec<number, bigint>;
  readonly tenants: ReferenceMapSpec<number, "array_of_maps">;
  readonly namedTenants: ReferenceMapSpec<Port, "hash_of_maps">;
  readonly devices: ReferenceMapSpec<number, "devmap">;
  readonly namedDevices: ReferenceMapSpec<number, "devmap_hash">;
  readonly cpus: ReferenceMapSpec<number, "cpumap">;
  readonly queues: ReferenceMapSpec<number, "xskmap">;
  readonly sockets: ReferenceMapSpec<number, "sockmap">;
  readonly namedSockets: ReferenceMapSpec<Port, "sockhash">;
  readonly cgroups: ReferenceMapSpec<number, "cgroup_array">;
  readonly perSocket: StorageMapSpec<Event>;
  readonly perTask: StorageMapSpec<Event>;
  readonly perInode: StorageMapSpec<Event>;
  readonly perCgroup: StorageMapSpec<Event>;
  readonly memory: ArenaSpec;
  readonly stacks: NamedMapSpec & { readonly type: string };
};

/** The object `kinds`. */
export const kindsObject: ObjectSpec<KindsSettings, KindsVariables, KindsMaps> & {
  readonly programs: KindsPrograms;
  readonly variables: KindsVariables;
} = {
  name: "kinds",
  programs: {
    tail: { name: "tail", section: "tc" },
    jump: { name: "jump", section: "tc" },
    fill: { name: "fill", section: "tc" },
    drain: { name: "drain", section: "tc" },
  },
  maps: {
    tails: tailsMap,
    hits: hitsMap,
    ports: portsMap,
    events: eventsMap,
    anyEvents: anyEventsMap,
    perfEvents: perfEventsMap,
    jobs: jobsMap,
    seen: seenMap,
    commands: commandsMap,
    anyCommands: anyCommandsMap,
    recent: recentMap,
    slots: slotsMap,
    portHits: portHitsMap,
    recentHits: recentHitsMap,
    prefixes: prefixesMap,
    sizes: sizesMap,
    pinnedElsewhere: pinnedElsewhereMap,
    undone: undoneMap,
    firstTenant: firstTenantMap,
    tenants: tenantsMap,
    namedTenants: namedTenantsMap,
    devices: devicesMap,
    namedDevices: namedDevicesMap,
    cpus: cpusMap,
    queues: queuesMap,
    sockets: socketsMap,
    namedSockets: namedSocketsMap,
    cgroups: cgroupsMap,
    perSocket: perSocketMap,
    perTask: perTaskMap,
    perInode: perInodeMap,
    perCgroup: perCgroupMap,
    memory: memoryMap,
    stacks: stacksMap,
  },
  settings: {},
  variables: {
    unusedEvent: { section: ".bss", offset: 0, codec: u64 },
    unusedCommand: { section: ".bss", offset: 8, codec: u64 },
    lastCommand: { section: ".bss", offset: 16, codec: s32 },
    lastSize: { section: ".bss", offset: 20, codec: u32 },
  },
};
