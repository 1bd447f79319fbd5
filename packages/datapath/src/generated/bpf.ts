// Generated from the types of the BPF objects by `node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts`; do not edit.
import type { IpAddress, MacAddress } from "@heddle/contracts";
import {
  type Codec,
  type Layout,
  type MapSpec,
  type ObjectSpec,
  type PerCpuMapSpec,
  type ProgramSpec,
  type RingBufferSpec,
  type VariableSpec,
  bytes,
  macCodec,
  mappedIpCodec,
  u16,
  u32,
  u64,
  u8,
} from "libbpf-napi";

/** The bounds of the map `counters`, with room for reasons to come. */
export const CounterBound = {
  /** How many hooks there are. */
  hooks: 6,
  /** How many reasons fit, the gaps between them included. */
  reasons: 128,
} as const;

/** The names of {@link CounterBound}. */
export type CounterBoundName = keyof typeof CounterBound;

/** One of {@link CounterBound}, or a number that has no name here: one that a later release added. */
export type CounterBound = (typeof CounterBound)[CounterBoundName] | (number & {});

const counterBoundNames = new Map<number, CounterBoundName>([
  [6, "hooks"],
  [128, "reasons"],
]);

/** The name of a value of {@link CounterBound}, if it has one. */
export function counterBoundName(value: CounterBound): CounterBoundName | undefined {
  return counterBoundNames.get(value);
}

/** What the slots of the map `epochs` belong to. */
export const EpochSlot = {
  /** Routes, neighbours and the node's own addresses and devices. */
  routes: 0,
  /** The first slot of an endpoint; each endpoint has its own. */
  endpoints: 1,
  /**
   * From here on a slot stands for a tunnel, by what it is more. It is none of the map, and never moves: when a tunnel
   * changes, the epoch of routes does.
   */
  tunnels: 8192,
} as const;

/** The names of {@link EpochSlot}. */
export type EpochSlotName = keyof typeof EpochSlot;

/** One of {@link EpochSlot}, or a number that has no name here: one that a later release added. */
export type EpochSlot = (typeof EpochSlot)[EpochSlotName] | (number & {});

const epochSlotNames = new Map<number, EpochSlotName>([
  [0, "routes"],
  [1, "endpoints"],
  [8192, "tunnels"],
]);

/** The name of a value of {@link EpochSlot}, if it has one. */
export function epochSlotName(value: EpochSlot): EpochSlotName | undefined {
  return epochSlotNames.get(value);
}

/** Events of one class share a ring buffer, so that a flood of one does not hide the other. */
export const EventClass = {
  /** A packet was dropped. */
  drop: 0,
  /** The slow path decided a flow. */
  flow: 1,
} as const;

/** The names of {@link EventClass}. */
export type EventClassName = keyof typeof EventClass;

/** One of {@link EventClass}, or a number that has no name here: one that a later release added. */
export type EventClass = (typeof EventClass)[EventClassName] | (number & {});

const eventClassNames = new Map<number, EventClassName>([
  [0, "drop"],
  [1, "flow"],
]);

/** The name of a value of {@link EventClass}, if it has one. */
export function eventClassName(value: EventClass): EventClassName | undefined {
  return eventClassNames.get(value);
}

/** Where in the path of a packet a program sits. */
export const Hook = {
  /** Ingress of a pod's device: packets that the pod sent. */
  fromPod: 0,
  /** Egress of a pod's device: packets that the node's stack sends to the pod. */
  toPod: 1,
  /** Ingress of a node's device: packets from the network. */
  fromNet: 2,
  /** Egress of a node's device: packets to the network. */
  toNet: 3,
  /** Ingress of a node's device, after encapsulation was taken off: packets from another node's tunnel. */
  fromTunnel: 4,
  /** Egress of the tunnel device: packets that the node's stack sends into tunnels. */
  toTunnel: 5,
} as const;

/** The names of {@link Hook}. */
export type HookName = keyof typeof Hook;

/** One of {@link Hook}, or a number that has no name here: one that a later release added. */
export type Hook = (typeof Hook)[HookName] | (number & {});

const hookNames = new Map<number, HookName>([
  [0, "fromPod"],
  [1, "toPod"],
  [2, "fromNet"],
  [3, "toNet"],
  [4, "fromTunnel"],
  [5, "toTunnel"],
]);

/** The name of a value of {@link Hook}, if it has one. */
export function hookName(value: Hook): HookName | undefined {
  return hookNames.get(value);
}

/**
 * What became of a packet, and why. The number's range says what was done with it:
 * 0 to 31 forwarded or answered, 32 to 63 left to the kernel's stack, 64 and above dropped.
 */
export const Reason = {
  /** Handed to a pod of this node, past the node's stack. */
  toPod: 0,
  /** Sent out of a device of the node, past the node's stack. */
  toNeighbour: 1,
  /** Answered: ARP or neighbour discovery, for the pods' gateway or for a pod. */
  answered: 2,
  /** Seen on its way from the node's stack, and left alone. */
  passed: 3,
  /** Sent to another node through a tunnel. */
  toTunnel: 4,
  /** Larger than what a tunnel's way takes; the sender is told so by ICMP. */
  told: 5,
  /** Larger than what a tunnel's way takes; cut into fragments, each of which goes on by itself. */
  fragmented: 6,
  /** For the node itself, or routed by the kernel. */
  toStack: 32,
  /** TTL or hop limit used up; the kernel answers with ICMP time exceeded. */
  ttlExpired: 33,
  /** Larger than the path; the kernel fragments, or answers with the path's MTU. */
  tooBig: 34,
  /** The kernel has no route; it answers with ICMP unreachable. */
  noRoute: 35,
  /** IPv4 options or a hop-by-hop header, which every router has to look at. */
  options: 36,
  /** The next hop does not answer; the kernel goes on asking, or answers with ICMP unreachable. */
  noNeighbour: 37,
  /** A large buffer that the kernel cuts up first: each part gets a checksum of its own in the tunnel. */
  cutUp: 40,
  /** The network tells that it cannot carry a tunnel's packet of that size. */
  tunnelNarrow: 41,
  /** Shorter than its headers say. */
  truncated: 64,
  /** A header field has an impossible value. */
  badHeader: 65,
  /** Neither IPv4, IPv6 nor ARP. */
  unknownProtocol: 66,
  /** The source address is not one of the sending pod's. */
  spoofedAddress: 67,
  /** The source MAC address is not the sending pod's. */
  spoofedMac: 68,
  /** Multicast or broadcast, which is not forwarded. */
  multicast: 69,
  /** To a link-local or loopback address, to the gateway itself, or to no address: no router forwards that. */
  linkLocal: 70,
  /** Link control that needs no answer: router solicitation, MLD, solicitations for what is not here. */
  linkControl: 71,
  /** ARP for an address that is neither the gateway's nor another pod's of this node. */
  arpTarget: 72,
  /** The destination is not the pod behind this device. */
  wrongPod: 73,
  /** The source address is a pod's or the node's own, or one that is on no network. */
  martian: 74,
  /** More IPv6 extension headers than are looked through. */
  extensionHeaders: 75,
  /** The kernel could not make room for, or rewrite, the packet. */
  rewriteFailed: 76,
  /** A frame to another MAC address than the gateway's, which no router takes up. */
  otherHost: 77,
  /** A hop limit that is not 255, which what stays on the link has: it was forwarded, or is forged. */
  hopLimit: 78,
  /** A checksum is wrong. */
  checksum: 79,
  /** An option has no length, one that does not fit, or must not be there. */
  badOption: 80,
  /** Larger than what a tunnel's way takes, and nobody may be told: an ICMP error, or not the first fragment. */
  untold: 83,
  /** The packet in a tunnel ends before its Geneve header does. */
  tunnelTruncated: 84,
  /** A Geneve header of another version than 0. */
  tunnelVersion: 85,
  /** A Geneve option reaches beyond the options, they beyond the packet, or one is there twice. */
  tunnelOption: 86,
  /** A Geneve option that is not known must not be ignored. */
  tunnelCritical: 87,
  /** From an address that is no node's. */
  tunnelPeer: 88,
  /** The outer UDP checksum is wrong, or that of the outer IPv4 header. */
  tunnelChecksum: 89,
  /** It claims an identity that is nobody's, or that no other node may claim, or the cluster 0. */
  tunnelIdentity: 90,
  /** There is neither an IP packet nor an Ethernet frame with one in the tunnel. */
  tunnelProtocol: 91,
  /** The network reports congestion to a sender that would not understand it (RFC 6040 section 4.2). */
  tunnelCongestion: 92,
  /** The inner source is not of the node at the other end, nor of its pods. */
  tunnelSource: 93,
  /** The inner destination is not on this node; nothing is forwarded from tunnel to tunnel. */
  tunnelDestination: 94,
  /** There is no tunnel to the destination, or no way for it. */
  noTunnel: 95,
  /** TCP flags or SCTP chunks that nobody sends together. */
  impossibleFlags: 96,
  /** An ICMP error that quotes another one, or a packet that its receiver did not send. */
  badQuotation: 97,
  /** A fragment over one that was there, or that changes it. */
  overlappingFragment: 98,
  /** An echo request where only its reply can come from, or the reply where only the request can. */
  wrongDirection: 99,
  /** There is no place for another connection: all that are there stand. */
  tableFull: 100,
  /** It would leave with a source that nobody outside can answer, and is of no connection that could be translated. */
  untranslated: 101,
  /** There is no port to leave with. */
  portsExhausted: 102,
} as const;

/** The names of {@link Reason}. */
export type ReasonName = keyof typeof Reason;

/** One of {@link Reason}, or a number that has no name here: one that a later release added. */
export type Reason = (typeof Reason)[ReasonName] | (number & {});

const reasonNames = new Map<number, ReasonName>([
  [0, "toPod"],
  [1, "toNeighbour"],
  [2, "answered"],
  [3, "passed"],
  [4, "toTunnel"],
  [5, "told"],
  [6, "fragmented"],
  [32, "toStack"],
  [33, "ttlExpired"],
  [34, "tooBig"],
  [35, "noRoute"],
  [36, "options"],
  [37, "noNeighbour"],
  [40, "cutUp"],
  [41, "tunnelNarrow"],
  [64, "truncated"],
  [65, "badHeader"],
  [66, "unknownProtocol"],
  [67, "spoofedAddress"],
  [68, "spoofedMac"],
  [69, "multicast"],
  [70, "linkLocal"],
  [71, "linkControl"],
  [72, "arpTarget"],
  [73, "wrongPod"],
  [74, "martian"],
  [75, "extensionHeaders"],
  [76, "rewriteFailed"],
  [77, "otherHost"],
  [78, "hopLimit"],
  [79, "checksum"],
  [80, "badOption"],
  [83, "untold"],
  [84, "tunnelTruncated"],
  [85, "tunnelVersion"],
  [86, "tunnelOption"],
  [87, "tunnelCritical"],
  [88, "tunnelPeer"],
  [89, "tunnelChecksum"],
  [90, "tunnelIdentity"],
  [91, "tunnelProtocol"],
  [92, "tunnelCongestion"],
  [93, "tunnelSource"],
  [94, "tunnelDestination"],
  [95, "noTunnel"],
  [96, "impossibleFlags"],
  [97, "badQuotation"],
  [98, "overlappingFragment"],
  [99, "wrongDirection"],
  [100, "tableFull"],
  [101, "untranslated"],
  [102, "portsExhausted"],
]);

/** The name of a value of {@link Reason}, if it has one. */
export function reasonName(value: Reason): ReasonName | undefined {
  return reasonNames.get(value);
}

/** What tunnels between nodes are used for. */
export const TunnelUse = {
  /** Nothing: what arrives for the tunnels' port is left alone. */
  unused: 0,
  /** Packets are taken out of tunnels, and none is sent into them. */
  receive: 1,
  /** Packets to other nodes' pods go into tunnels. */
  send: 2,
} as const;

/** The names of {@link TunnelUse}. */
export type TunnelUseName = keyof typeof TunnelUse;

/** One of {@link TunnelUse}, or a number that has no name here: one that a later release added. */
export type TunnelUse = (typeof TunnelUse)[TunnelUseName] | (number & {});

const tunnelUseNames = new Map<number, TunnelUseName>([
  [0, "unused"],
  [1, "receive"],
  [2, "send"],
]);

/** The name of a value of {@link TunnelUse}, if it has one. */
export function tunnelUseName(value: TunnelUse): TunnelUseName | undefined {
  return tunnelUseNames.get(value);
}

/** Packets and bytes (of IP packets, headers included). */
export interface Counter {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** {@link Counter} in memory: 16 bytes. */
export const counterCodec: Codec<Counter> = {
  size: 16,
  encode(value, target, offset) {
    u64.encode(value.packets, target, offset);
    u64.encode(value.bytes, target, offset + 8);
  },
  decode(source, offset) {
    return {
      packets: u64.decode(source, offset),
      bytes: u64.decode(source, offset + 8),
    };
  },
};

/** A device of the node that packets may leave by without the node's stack. */
export interface Device {
  /** Largest IP packet that it takes, in bytes. */
  readonly mtu: number;
}

/** {@link Device} in memory: 4 bytes. */
export const deviceCodec: Codec<Device> = {
  size: 4,
  encode(value, target, offset) {
    u32.encode(value.mtu, target, offset);
  },
  decode(source, offset) {
    return {
      mtu: u32.decode(source, offset),
    };
  },
};

const bytes128 = bytes(128);

/** What became of one packet, with the packet's beginning. */
export interface PacketEvent {
  /** When, in nanoseconds of CLOCK_MONOTONIC. */
  readonly time: bigint;
  /** The device whose program saw it. */
  readonly ifindex: number;
  /** The device it goes on by; 0 when it does not. */
  readonly nexthopIfindex: number;
  /** Bytes of the whole packet, link-layer header included. */
  readonly length: number;
  /** Bytes of `packet` that are filled. */
  readonly captured: number;
  readonly hook: Hook;
  readonly reason: Reason;
  /** The packet from its Ethernet header on. */
  readonly packet: Uint8Array;
}

/** {@link PacketEvent} in memory: 152 bytes. */
export const packetEventCodec: Codec<PacketEvent> = {
  size: 152,
  encode(value, target, offset) {
    u64.encode(value.time, target, offset);
    u32.encode(value.ifindex, target, offset + 8);
    u32.encode(value.nexthopIfindex, target, offset + 12);
    u32.encode(value.length, target, offset + 16);
    u16.encode(value.captured, target, offset + 20);
    u8.encode(value.hook, target, offset + 22);
    u8.encode(value.reason, target, offset + 23);
    bytes128.encode(value.packet, target, offset + 24);
  },
  decode(source, offset) {
    return {
      time: u64.decode(source, offset),
      ifindex: u32.decode(source, offset + 8),
      nexthopIfindex: u32.decode(source, offset + 12),
      length: u32.decode(source, offset + 16),
      captured: u16.decode(source, offset + 20),
      hook: u8.decode(source, offset + 22),
      reason: u8.decode(source, offset + 23),
      packet: bytes128.decode(source, offset + 24),
    };
  },
};

/** What a CPU emitted of one class of events. */
export interface EventBudget {
  /** The jiffy that `used` counts. */
  readonly jiffy: bigint;
  /** Events of this jiffy. */
  readonly used: bigint;
  /** Events lost since the map was made: over the limit, or the ring buffer was full. */
  readonly lost: bigint;
}

/** {@link EventBudget} in memory: 24 bytes. */
export const eventBudgetCodec: Codec<EventBudget> = {
  size: 24,
  encode(value, target, offset) {
    u64.encode(value.jiffy, target, offset);
    u64.encode(value.used, target, offset + 8);
    u64.encode(value.lost, target, offset + 16);
  },
  decode(source, offset) {
    return {
      jiffy: u64.decode(source, offset),
      used: u64.decode(source, offset + 8),
      lost: u64.decode(source, offset + 16),
    };
  },
};

/** What became of packets, at index `hook * COUNTER_REASONS + reason`. */
export const countersMap: PerCpuMapSpec<number, Counter> = {
  name: "counters",
  type: "percpu_array",
  maxEntries: 768,
  flags: 0,
  key: u32,
  value: counterCodec,
  layout: "55f0622e75814696",
};

/** The node's devices that carry our programs, by interface index. */
export const devicesMap: MapSpec<number, Device> = {
  name: "devices",
  type: "hash",
  maxEntries: 64,
  flags: 0,
  key: u32,
  value: deviceCodec,
  layout: "c375ab6a7c5cb83e",
};

/** Dropped packets. */
export const dropEventsMap: RingBufferSpec<PacketEvent> = {
  name: "drop_events",
  type: "ringbuf",
  maxEntries: 1048576,
  flags: 0,
  event: packetEventCodec,
  layout: "8b09948eb06b938e",
};

/**
 * Counters that user space moves on after it changed what ways of connections were decided from: first the
 * state, then the epoch. A way is valid while the epochs it was decided under have not moved.
 * The slow path takes an endpoint's epoch from the endpoint itself, and reads the epoch of routes
 * before it asks for a route, so that a way decided from old state never carries a new epoch.
 */
export const epochsMap: MapSpec<number, number> = {
  name: "epochs",
  type: "array",
  maxEntries: 8192,
  flags: 0,
  key: u32,
  value: u32,
  layout: "0c547f38067f887d",
};

/** Pace of events by class. */
export const eventBudgetsMap: PerCpuMapSpec<number, EventBudget> = {
  name: "event_budgets",
  type: "percpu_array",
  maxEntries: 2,
  flags: 0,
  key: u32,
  value: eventBudgetCodec,
  layout: "9d3cdaca8119bbbf",
};

/** Which classes of events are wanted: 1 or 0 at each index of `enum event_class`. */
export const eventSwitchMap: MapSpec<number, number> = {
  name: "event_switch",
  type: "array",
  maxEntries: 2,
  flags: 0,
  key: u32,
  value: u32,
  layout: "0c547f38067f887d",
};

/** Flows that the slow path decided. */
export const flowEventsMap: RingBufferSpec<PacketEvent> = {
  name: "flow_events",
  type: "ringbuf",
  maxEntries: 1048576,
  flags: 0,
  event: packetEventCodec,
  layout: "8b09948eb06b938e",
};

/** The node's own addresses; 1 stands behind each. */
export const nodeAddrsMap: MapSpec<IpAddress, number> = {
  name: "node_addrs",
  type: "hash",
  maxEntries: 1024,
  flags: 0,
  key: mappedIpCodec,
  value: u32,
  layout: "f6cc37ac23cfebbe",
};

/** The load-time constants of the object `node`. */
export type NodeSettings = {
  /** Places in the queue of each kind: powers of 2, as many as the maps of the same names have. */
  readonly closingPlaces: VariableSpec<number>;
  readonly halfOpenPlaces: VariableSpec<number>;
  /** The address that pods have as their IPv4 gateway; link-local, the same on every node. */
  readonly gatewayIpv4: VariableSpec<IpAddress>;
  /** The address that pods have as their IPv6 gateway; link-local, the same on every node. */
  readonly gatewayIpv6: VariableSpec<IpAddress>;
  /** The MAC address of the node's end of every pod's device pair. */
  readonly gatewayMac: VariableSpec<MacAddress>;
  /**
   * How long a connection's way is believed before the slow path decides it anew, in jiffies (10 000 are 10 s
   * to 100 s, depending on the kernel's CONFIG_HZ). Epochs invalidate ways at once; this bounds
   * how long a route that changed while no agent ran goes unnoticed.
   */
  readonly wayLifetime: VariableSpec<bigint>;
  /**
   * How long packets are sent to a neighbour that is not resolved, in jiffies (1000 are 1 s to 10 s,
   * depending on the kernel's CONFIG_HZ): each makes the kernel ask for it. After that they are left to
   * the kernel, whose answer is ICMP unreachable.
   */
  readonly resolvePatience: VariableSpec<bigint>;
  /** One of `enum tunnel_use`. */
  readonly tunnelUse: VariableSpec<number>;
  /** Whether the outer UDP checksum is computed, by family: bit 0 for IPv4, bit 1 for IPv6. */
  readonly tunnelChecksum: VariableSpec<number>;
  /** The cluster that identities belong to, 1 to 65535, told in an option; 0 for none, without an option. */
  readonly tunnelCluster: VariableSpec<number>;
  /** Events of one class that a CPU may emit per jiffy; the rest is counted as lost. */
  readonly eventLimit: VariableSpec<number>;
};

/** The programs of the object `node`. */
export type NodePrograms = {
  readonly fromNet: ProgramSpec;
  readonly toNet: ProgramSpec;
  readonly toTunnel: ProgramSpec;
  readonly toTunnelCut: ProgramSpec;
};

/** The object `node`. */
export const nodeObject: ObjectSpec<NodeSettings> & { readonly programs: NodePrograms } = {
  name: "node",
  programs: {
    fromNet: { name: "from_net", section: "tcx/ingress" },
    toNet: { name: "to_net", section: "tcx/egress" },
    toTunnel: { name: "to_tunnel", section: "tcx/egress" },
    toTunnelCut: { name: "to_tunnel_cut", section: "tcx/ingress" },
  },
  maps: [
    "connections",
    "fragments",
    "devices",
    "ndp_devices",
    "conn_settings",
    "hot_connections",
    "conn_gauges",
    "conn_counters",
    "nat_settings",
    "nat_devices",
    "nat_ports",
    "nat_warnings",
    "nat_prefixes",
    "conn_events",
    "conn_closing",
    "conn_half_open",
    "conn_scratch",
    "tunnel_self",
    "tunnels",
    "tunnel_nodes",
    "tunnel_peers",
    "counters",
    "drop_events",
    "flow_events",
    "event_switch",
    "event_budgets",
    "epochs",
    "conn_drafts",
    "endpoints",
    "node_addrs",
  ],
  settings: {
    closingPlaces: { section: ".rodata", offset: 0, codec: u32 },
    halfOpenPlaces: { section: ".rodata", offset: 4, codec: u32 },
    gatewayIpv4: { section: ".rodata", offset: 8, codec: mappedIpCodec },
    gatewayIpv6: { section: ".rodata", offset: 24, codec: mappedIpCodec },
    gatewayMac: { section: ".rodata", offset: 40, codec: macCodec },
    wayLifetime: { section: ".rodata", offset: 48, codec: u64 },
    resolvePatience: { section: ".rodata", offset: 56, codec: u64 },
    tunnelUse: { section: ".rodata", offset: 64, codec: u32 },
    tunnelChecksum: { section: ".rodata", offset: 68, codec: u32 },
    tunnelCluster: { section: ".rodata", offset: 72, codec: u32 },
    eventLimit: { section: ".rodata", offset: 76, codec: u32 },
  },
};

/** The load-time constants of the object `pod`. */
export type PodSettings = {
  /** Places in the queue of each kind: powers of 2, as many as the maps of the same names have. */
  readonly closingPlaces: VariableSpec<number>;
  readonly halfOpenPlaces: VariableSpec<number>;
  /** The address that pods have as their IPv4 gateway; link-local, the same on every node. */
  readonly gatewayIpv4: VariableSpec<IpAddress>;
  /** The address that pods have as their IPv6 gateway; link-local, the same on every node. */
  readonly gatewayIpv6: VariableSpec<IpAddress>;
  /** The MAC address of the node's end of every pod's device pair. */
  readonly gatewayMac: VariableSpec<MacAddress>;
  /**
   * How long a connection's way is believed before the slow path decides it anew, in jiffies (10 000 are 10 s
   * to 100 s, depending on the kernel's CONFIG_HZ). Epochs invalidate ways at once; this bounds
   * how long a route that changed while no agent ran goes unnoticed.
   */
  readonly wayLifetime: VariableSpec<bigint>;
  /**
   * How long packets are sent to a neighbour that is not resolved, in jiffies (1000 are 1 s to 10 s,
   * depending on the kernel's CONFIG_HZ): each makes the kernel ask for it. After that they are left to
   * the kernel, whose answer is ICMP unreachable.
   */
  readonly resolvePatience: VariableSpec<bigint>;
  /** One of `enum tunnel_use`. */
  readonly tunnelUse: VariableSpec<number>;
  /** Whether the outer UDP checksum is computed, by family: bit 0 for IPv4, bit 1 for IPv6. */
  readonly tunnelChecksum: VariableSpec<number>;
  /** The cluster that identities belong to, 1 to 65535, told in an option; 0 for none, without an option. */
  readonly tunnelCluster: VariableSpec<number>;
  /** Events of one class that a CPU may emit per jiffy; the rest is counted as lost. */
  readonly eventLimit: VariableSpec<number>;
};

/** The programs of the object `pod`. */
export type PodPrograms = {
  readonly fromPod: ProgramSpec;
  readonly toPod: ProgramSpec;
};

/** The object `pod`. */
export const podObject: ObjectSpec<PodSettings> & { readonly programs: PodPrograms } = {
  name: "pod",
  programs: {
    fromPod: { name: "from_pod", section: "tcx/ingress" },
    toPod: { name: "to_pod", section: "tcx/egress" },
  },
  maps: [
    "connections",
    "fragments",
    "devices",
    "conn_settings",
    "hot_connections",
    "conn_gauges",
    "conn_counters",
    "nat_settings",
    "nat_devices",
    "nat_ports",
    "nat_warnings",
    "nat_prefixes",
    "conn_events",
    "conn_closing",
    "conn_half_open",
    "conn_scratch",
    "tunnel_self",
    "tunnels",
    "tunnel_nodes",
    "tunnel_peers",
    "counters",
    "drop_events",
    "flow_events",
    "event_switch",
    "event_budgets",
    "epochs",
    "endpoints",
    "conn_drafts",
  ],
  settings: {
    closingPlaces: { section: ".rodata", offset: 0, codec: u32 },
    halfOpenPlaces: { section: ".rodata", offset: 4, codec: u32 },
    gatewayIpv4: { section: ".rodata", offset: 8, codec: mappedIpCodec },
    gatewayIpv6: { section: ".rodata", offset: 24, codec: mappedIpCodec },
    gatewayMac: { section: ".rodata", offset: 40, codec: macCodec },
    wayLifetime: { section: ".rodata", offset: 48, codec: u64 },
    resolvePatience: { section: ".rodata", offset: 56, codec: u64 },
    tunnelUse: { section: ".rodata", offset: 64, codec: u32 },
    tunnelChecksum: { section: ".rodata", offset: 68, codec: u32 },
    tunnelCluster: { section: ".rodata", offset: 72, codec: u32 },
    eventLimit: { section: ".rodata", offset: 76, codec: u32 },
  },
};

const u64Layout: Layout = { kind: "scalar", format: "u64", size: 8, names: ["__u64"] };

/** How {@link Counter} lies in memory. */
export const counterLayout: Layout = {
  kind: "struct",
  size: 16,
  names: ["struct counter"],
  fields: [
    { name: "packets", offset: 0, type: u64Layout },
    { name: "bytes", offset: 8, type: u64Layout },
  ],
};

const u32Layout: Layout = { kind: "scalar", format: "u32", size: 4, names: ["__u32"] };

/** How {@link Device} lies in memory. */
export const deviceLayout: Layout = {
  kind: "struct",
  size: 4,
  names: ["struct device"],
  fields: [{ name: "mtu", offset: 0, type: u32Layout }],
};

const u16Layout: Layout = { kind: "scalar", format: "u16", size: 2, names: ["__u16"] };

const hookLayout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["enum hook"] };

const reasonLayout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["enum reason"] };

const u8Layout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["__u8"] };

/** How {@link PacketEvent} lies in memory. */
export const packetEventLayout: Layout = {
  kind: "struct",
  size: 152,
  names: ["struct packet_event"],
  fields: [
    { name: "time", offset: 0, type: u64Layout },
    { name: "ifindex", offset: 8, type: u32Layout },
    { name: "nexthop_ifindex", offset: 12, type: u32Layout },
    { name: "length", offset: 16, type: u32Layout },
    { name: "captured", offset: 20, type: u16Layout },
    { name: "hook", offset: 22, type: hookLayout },
    { name: "reason", offset: 23, type: reasonLayout },
    {
      name: "packet",
      offset: 24,
      type: { kind: "array", size: 128, names: [], length: 128, element: u8Layout },
    },
  ],
};

/** How {@link EventBudget} lies in memory. */
export const eventBudgetLayout: Layout = {
  kind: "struct",
  size: 24,
  names: ["struct event_budget"],
  fields: [
    { name: "jiffy", offset: 0, type: u64Layout },
    { name: "used", offset: 8, type: u64Layout },
    { name: "lost", offset: 16, type: u64Layout },
  ],
};
