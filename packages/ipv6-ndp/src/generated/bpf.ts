// Generated from the types of the BPF objects by `node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts`; do not edit.
import type { IpAddress, MacAddress } from "@heddle/contracts";
import {
  type Codec,
  type Layout,
  type MapSpec,
  type ObjectSpec,
  type PerCpuMapSpec,
  type ProgramSpec,
  macCodec,
  mappedIpCodec,
  u16,
  u32,
  u64,
} from "libbpf-napi";

/** Flags of who answers for addresses, which its advertisements have. */
export const NdpSpeakerFlag = {
  /** It is a router. */
  router: 1,
  /** Its answers replace what others remember: not those of a proxy (RFC 4861 section 7.2.8). */
  override: 2,
} as const;

/** The names of {@link NdpSpeakerFlag}. */
export type NdpSpeakerFlagName = keyof typeof NdpSpeakerFlag;

/** One of {@link NdpSpeakerFlag}, or a number that has no name here: one that a later release added. */
export type NdpSpeakerFlag = (typeof NdpSpeakerFlag)[NdpSpeakerFlagName] | (number & {});

const ndpSpeakerFlagNames = new Map<number, NdpSpeakerFlagName>([
  [1, "router"],
  [2, "override"],
]);

/** The name of a value of {@link NdpSpeakerFlag}, if it has one. */
export function ndpSpeakerFlagName(value: NdpSpeakerFlag): NdpSpeakerFlagName | undefined {
  return ndpSpeakerFlagNames.get(value);
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

/** In whose name requests for link-layer addresses are answered. */
export interface NdpSpeaker {
  /** The source of its advertisements; unspecified: each comes from the address that it is about. */
  readonly source: IpAddress;
  /** The link-layer address that it gives for every address. */
  readonly mac: MacAddress;
  /** Of `enum ndp_speaker_flag`. */
  readonly flags: number;
}

/** {@link NdpSpeaker} in memory: 24 bytes. */
export const ndpSpeakerCodec: Codec<NdpSpeaker> = {
  size: 24,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.source, target, offset);
    macCodec.encode(value.mac, target, offset + 16);
    u16.encode(value.flags, target, offset + 22);
  },
  decode(source, offset) {
    return {
      source: mappedIpCodec.decode(source, offset),
      mac: macCodec.decode(source, offset + 16),
      flags: u16.decode(source, offset + 22),
    };
  },
};

/** The addresses that are answered for; 1 stands behind each. */
export const ndpAddrsMap: MapSpec<IpAddress, number> = {
  name: "ndp_addrs",
  type: "hash",
  maxEntries: 65536,
  flags: 1,
  key: mappedIpCodec,
  value: u32,
  layout: "f6cc37ac23cfebbe",
};

/** What became of requests for link-layer addresses, at the index of the reason: how many there were. */
export const ndpCountersMap: PerCpuMapSpec<number, bigint> = {
  name: "ndp_counters",
  type: "percpu_array",
  maxEntries: 96,
  flags: 0,
  key: u32,
  value: u64,
  layout: "07b132f894ade28f",
};

/** The devices on which this host answers for addresses that are behind it, by interface index. */
export const ndpDevicesMap: MapSpec<number, NdpSpeaker> = {
  name: "ndp_devices",
  type: "hash",
  maxEntries: 64,
  flags: 0,
  key: u32,
  value: ndpSpeakerCodec,
  layout: "f07f10a2d4f3ac6a",
};

/** The load-time constants of the object `ndp`. */
export type NdpSettings = Readonly<Record<string, never>>;

/** The programs of the object `ndp`. */
export type NdpPrograms = {
  readonly ndpAnswerFor: ProgramSpec;
  readonly ndpSend: ProgramSpec;
};

/** The object `ndp`. */
export const ndpObject: ObjectSpec<NdpSettings> & { readonly programs: NdpPrograms } = {
  name: "ndp",
  programs: {
    ndpAnswerFor: { name: "ndp_answer_for", section: "tcx/ingress" },
    ndpSend: { name: "ndp_send", section: "tc" },
  },
  maps: ["ndp_devices", "ndp_addrs", "ndp_counters"],
  settings: {},
};

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

const u8Layout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["__u8"] };

const macAddrLayout: Layout = {
  kind: "struct",
  size: 6,
  names: ["struct mac_addr"],
  fields: [
    {
      name: "byte",
      offset: 0,
      type: { kind: "array", size: 6, names: [], length: 6, element: u8Layout },
    },
  ],
};

const u16Layout: Layout = { kind: "scalar", format: "u16", size: 2, names: ["__u16"] };

/** How {@link NdpSpeaker} lies in memory. */
export const ndpSpeakerLayout: Layout = {
  kind: "struct",
  size: 24,
  names: ["struct ndp_speaker"],
  fields: [
    { name: "source", offset: 0, type: ipAddrLayout },
    { name: "mac", offset: 16, type: macAddrLayout },
    { name: "flags", offset: 22, type: u16Layout },
  ],
};
