// Generated from the types of the BPF objects by `node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts`; do not edit.
import type { IpAddress, MacAddress } from "@heddle/contracts";
import {
  type Codec,
  type Layout,
  type MapSpec,
  macCodec,
  mappedIpCodec,
  u16,
  u32,
} from "libbpf-napi";

/** A pod of this node, as found by one of its addresses. */
export interface Endpoint {
  /** Index of the node's end of the pod's device pair. */
  readonly ifindex: number;
  /** Where the epoch of this endpoint lies in the map `epochs`. */
  readonly epochSlot: number;
  /** The epoch that this value belongs to: it is believed once `epochs` has caught up. */
  readonly epoch: number;
  /** The pod's own MAC address. */
  readonly mac: MacAddress;
  /** Largest IP packet that the pod's device takes, in bytes. */
  readonly mtu: number;
}

/** {@link Endpoint} in memory: 20 bytes. */
export const endpointCodec: Codec<Endpoint> = {
  size: 20,
  encode(value, target, offset) {
    u32.encode(value.ifindex, target, offset);
    u32.encode(value.epochSlot, target, offset + 4);
    u32.encode(value.epoch, target, offset + 8);
    macCodec.encode(value.mac, target, offset + 12);
    u16.encode(value.mtu, target, offset + 18);
  },
  decode(source, offset) {
    return {
      ifindex: u32.decode(source, offset),
      epochSlot: u32.decode(source, offset + 4),
      epoch: u32.decode(source, offset + 8),
      mac: macCodec.decode(source, offset + 12),
      mtu: u16.decode(source, offset + 18),
    };
  },
};

/** The pods of this node by address: one entry for each address of each pod. */
export const endpointsMap: MapSpec<IpAddress, Endpoint> = {
  name: "endpoints",
  type: "hash",
  maxEntries: 8192,
  flags: 0,
  key: mappedIpCodec,
  value: endpointCodec,
  layout: "945d705862804cd1",
};

const u32Layout: Layout = { kind: "scalar", format: "u32", size: 4, names: ["__u32"] };

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

/** How {@link Endpoint} lies in memory. */
export const endpointLayout: Layout = {
  kind: "struct",
  size: 20,
  names: ["struct endpoint"],
  fields: [
    { name: "ifindex", offset: 0, type: u32Layout },
    { name: "epoch_slot", offset: 4, type: u32Layout },
    { name: "epoch", offset: 8, type: u32Layout },
    { name: "mac", offset: 12, type: macAddrLayout },
    { name: "mtu", offset: 18, type: u16Layout },
  ],
};
