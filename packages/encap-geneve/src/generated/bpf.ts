// Generated from the types of the BPF objects by `node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts`; do not edit.
import type { IpAddress, MacAddress } from "@heddle/contracts";
import {
  type Codec,
  type Layout,
  type MapSpec,
  type ObjectSpec,
  type PerCpuMapSpec,
  type ProgramSpec,
  type VariableSpec,
  macCodec,
  mappedIpCodec,
  u32,
  u64,
} from "libbpf-napi";

/** Identities with a meaning of their own: those below `IDENTITY_FIRST`. They have 24 bits. */
export const IdentityNumber = {
  /** Nobody. */
  none: 0,
  /** The node itself. Never on a wire: what a node is follows from its address. */
  host: 1,
  /** Somebody of the cluster of whom nothing more is said; the only reserved one on a wire. */
  unknown: 2,
  /** The first that a group of pods may have. */
  first: 256,
} as const;

/** The names of {@link IdentityNumber}. */
export type IdentityNumberName = keyof typeof IdentityNumber;

/** One of {@link IdentityNumber}, or a number that has no name here: one that a later release added. */
export type IdentityNumber = (typeof IdentityNumber)[IdentityNumberName] | (number & {});

const identityNumberNames = new Map<number, IdentityNumberName>([
  [0, "none"],
  [1, "host"],
  [2, "unknown"],
  [256, "first"],
]);

/** The name of a value of {@link IdentityNumber}, if it has one. */
export function identityNumberName(value: IdentityNumber): IdentityNumberName | undefined {
  return identityNumberNames.get(value);
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

/** A prefix of addresses; IPv4 as IPv4-mapped addresses, whose first 96 bits count. */
export interface TunnelPrefix {
  /** In bits, 0 to 128. */
  readonly length: number;
  readonly address: IpAddress;
}

/** {@link TunnelPrefix} in memory: 20 bytes. */
export const tunnelPrefixCodec: Codec<TunnelPrefix> = {
  size: 20,
  encode(value, target, offset) {
    u32.encode(value.length, target, offset);
    mappedIpCodec.encode(value.address, target, offset + 4);
  },
  decode(source, offset) {
    return {
      length: u32.decode(source, offset),
      address: mappedIpCodec.decode(source, offset + 4),
    };
  },
};

/** This node as an end of tunnels. */
export interface TunnelSelf {
  /** Its address on an IPv4 network between the nodes; 0.0.0.0 where there is none. */
  readonly ipv4: IpAddress;
  /** Its address on an IPv6 network between the nodes; :: where there is none. */
  readonly ipv6: IpAddress;
  /** The device by which the node's own stack reaches tunnels; 0 where it does not. */
  readonly ifindex: number;
}

/** {@link TunnelSelf} in memory: 36 bytes. */
export const tunnelSelfCodec: Codec<TunnelSelf> = {
  size: 36,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.ipv4, target, offset);
    mappedIpCodec.encode(value.ipv6, target, offset + 16);
    u32.encode(value.ifindex, target, offset + 32);
  },
  decode(source, offset) {
    return {
      ipv4: mappedIpCodec.decode(source, offset),
      ipv6: mappedIpCodec.decode(source, offset + 16),
      ifindex: u32.decode(source, offset + 32),
    };
  },
};

/** A tunnel to another node. */
export interface TunnelPath {
  /** The address of the other node that packets go to. */
  readonly peer: IpAddress;
  /**
   * The largest inner IP packet that the way there takes, in bytes; 0 where the device's MTU decides. The
   * programs write it too, when a router tells.
   */
  readonly mtu: number;
  /** Until when `mtu` is believed, in nanoseconds of CLOCK_MONOTONIC; 0 for always. */
  readonly expires: bigint;
}

/** {@link TunnelPath} in memory: 32 bytes. */
export const tunnelPathCodec: Codec<TunnelPath> = {
  size: 32,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.peer, target, offset);
    u32.encode(value.mtu, target, offset + 16);
    u64.encode(value.expires, target, offset + 24);
  },
  decode(source, offset) {
    return {
      peer: mappedIpCodec.decode(source, offset),
      mtu: u32.decode(source, offset + 16),
      expires: u64.decode(source, offset + 24),
    };
  },
};

/** Packets of this endpoint, by what became of them: the index is one of `enum reason`. */
export const endpointCountsMap: PerCpuMapSpec<number, bigint> = {
  name: "endpoint_counts",
  type: "percpu_array",
  maxEntries: 128,
  flags: 0,
  key: u32,
  value: u64,
  layout: "07b132f894ade28f",
};

/** The slots of the nodes' tunnels, by each address that a node has on the network between them. */
export const tunnelNodesMap: MapSpec<IpAddress, number> = {
  name: "tunnel_nodes",
  type: "hash",
  maxEntries: 16384,
  flags: 0,
  key: mappedIpCodec,
  value: u32,
  layout: "f6cc37ac23cfebbe",
};

/** The slots of tunnels, by the prefixes of the pods that are at the other end. */
export const tunnelPeersMap: MapSpec<TunnelPrefix, number> = {
  name: "tunnel_peers",
  type: "lpm_trie",
  maxEntries: 16384,
  flags: 1,
  key: tunnelPrefixCodec,
  value: u32,
  layout: "6a390c6f9f723dad",
};

/** This node, at index 0. */
export const tunnelSelfMap: MapSpec<number, TunnelSelf> = {
  name: "tunnel_self",
  type: "array",
  maxEntries: 1,
  flags: 0,
  key: u32,
  value: tunnelSelfCodec,
  layout: "6fba49bc1a969051",
};

/** Tunnels by their slots, from 1 on. */
export const tunnelsMap: MapSpec<number, TunnelPath> = {
  name: "tunnels",
  type: "array",
  maxEntries: 8192,
  flags: 0,
  key: u32,
  value: tunnelPathCodec,
  layout: "79dfd8ce21b7a15a",
};

/** The load-time constants of the object `geneve`. */
export type GeneveSettings = {
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
  /** What the VNI of every packet says. */
  readonly endpointIdentity: VariableSpec<number>;
  /** Index of the device that leads to the network between the ends. */
  readonly endpointUnderlay: VariableSpec<number>;
  /** MAC address of the device by which packets come out of tunnels. */
  readonly endpointMac: VariableSpec<MacAddress>;
};

/** The programs of the object `geneve`. */
export type GenevePrograms = {
  readonly endpointOut: ProgramSpec;
  readonly endpointIn: ProgramSpec;
};

/** The object `geneve`. */
export const geneveObject: ObjectSpec<GeneveSettings> & { readonly programs: GenevePrograms } = {
  name: "geneve",
  programs: {
    endpointOut: { name: "endpoint_out", section: "tcx/egress" },
    endpointIn: { name: "endpoint_in", section: "tcx/ingress" },
  },
  maps: ["tunnel_self", "tunnels", "tunnel_nodes", "tunnel_peers", "endpoint_counts"],
  settings: {
    gatewayIpv4: { section: ".rodata", offset: 0, codec: mappedIpCodec },
    gatewayIpv6: { section: ".rodata", offset: 16, codec: mappedIpCodec },
    gatewayMac: { section: ".rodata", offset: 32, codec: macCodec },
    wayLifetime: { section: ".rodata", offset: 40, codec: u64 },
    resolvePatience: { section: ".rodata", offset: 48, codec: u64 },
    tunnelUse: { section: ".rodata", offset: 56, codec: u32 },
    tunnelChecksum: { section: ".rodata", offset: 60, codec: u32 },
    tunnelCluster: { section: ".rodata", offset: 64, codec: u32 },
    eventLimit: { section: ".rodata", offset: 68, codec: u32 },
    endpointIdentity: { section: ".rodata", offset: 72, codec: u32 },
    endpointUnderlay: { section: ".rodata", offset: 76, codec: u32 },
    endpointMac: { section: ".rodata", offset: 80, codec: macCodec },
  },
};

const u32Layout: Layout = { kind: "scalar", format: "u32", size: 4, names: ["__u32"] };

const be32Layout: Layout = { kind: "scalar", format: "be32", size: 4, names: ["__be32", "__u32"] };

const ipAddrLayout: Layout = {
  kind: "struct",
  size: 16,
  names: ["struct ip_addr"],
  fields: [
    {
      name: "word",
      offset: 0,
      type: { kind: "array", size: 16, names: [], length: 4, element: be32Layout },
    },
  ],
};

/** How {@link TunnelPrefix} lies in memory. */
export const tunnelPrefixLayout: Layout = {
  kind: "struct",
  size: 20,
  names: ["struct tunnel_prefix"],
  fields: [
    { name: "length", offset: 0, type: u32Layout },
    { name: "address", offset: 4, type: ipAddrLayout },
  ],
};

/** How {@link TunnelSelf} lies in memory. */
export const tunnelSelfLayout: Layout = {
  kind: "struct",
  size: 36,
  names: ["struct tunnel_self"],
  fields: [
    { name: "ipv4", offset: 0, type: ipAddrLayout },
    { name: "ipv6", offset: 16, type: ipAddrLayout },
    { name: "ifindex", offset: 32, type: u32Layout },
  ],
};

const u64Layout: Layout = { kind: "scalar", format: "u64", size: 8, names: ["__u64"] };

/** How {@link TunnelPath} lies in memory. */
export const tunnelPathLayout: Layout = {
  kind: "struct",
  size: 32,
  names: ["struct tunnel_path"],
  fields: [
    { name: "peer", offset: 0, type: ipAddrLayout },
    { name: "mtu", offset: 16, type: u32Layout },
    { name: "reserved", offset: 20, type: u32Layout },
    { name: "expires", offset: 24, type: u64Layout },
  ],
};
