// Generated from the types of the BPF objects by `node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts`; do not edit.
import type { IpAddress } from "@heddle/contracts";
import { type Codec, type Layout, type MapSpec, mappedIpCodec, u32 } from "libbpf-napi";

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
  /** The largest inner IP packet that the way there takes, in bytes; 0 where the device's MTU decides. */
  readonly mtu: number;
}

/** {@link TunnelPath} in memory: 20 bytes. */
export const tunnelPathCodec: Codec<TunnelPath> = {
  size: 20,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.peer, target, offset);
    u32.encode(value.mtu, target, offset + 16);
  },
  decode(source, offset) {
    return {
      peer: mappedIpCodec.decode(source, offset),
      mtu: u32.decode(source, offset + 16),
    };
  },
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
  layout: "615d7355356c4a73",
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

/** How {@link TunnelPath} lies in memory. */
export const tunnelPathLayout: Layout = {
  kind: "struct",
  size: 20,
  names: ["struct tunnel_path"],
  fields: [
    { name: "peer", offset: 0, type: ipAddrLayout },
    { name: "mtu", offset: 16, type: u32Layout },
  ],
};
