/**
 * Addresses for pods from a node's prefixes, IPv4 and IPv6: each address to one owner, both families in
 * one step, in constant time, in memory proportional to what is allocated.
 *
 * @module
 */
export type { Allocation, PoolAllocation } from "./allocation.ts";
export type { PrefixUsage } from "./block.ts";
export {
  type ClusterPool,
  type ClusterPoolDeps,
  type ClusterPoolOptions,
  type ClusterPrefix,
  type ClusterPrefixUsage,
  createClusterPool,
} from "./cluster-pool.ts";
export {
  createIpam,
  type Ipam,
  type IpamDeps,
  type IpamOptions,
  type SuppliedPool,
} from "./ipam.ts";
export { IpamError, type IpamErrorCode } from "./ipam-error.ts";
export {
  createPools,
  type NamedPoolOptions,
  type PoolChoice,
  type Pools,
  type PoolsOptions,
  type PoolUsage,
} from "./pools.ts";
export {
  createSharedPool,
  type SharedPool,
  type SharedPoolDeps,
  type SharedPoolOptions,
} from "./shared-pool/shared-pool.ts";
export {
  blockName,
  decodeNodeBlock,
  decodeSharedConfig,
  type NodeBlock,
  type SharedConfig,
  type SharedPrefix,
} from "./shared-pool/shared-records.ts";
export { neededAddresses } from "./supply/needed-addresses.ts";
export {
  createPrefixSupply,
  nodeSource,
  type PrefixSource,
  type PrefixSupply,
  type PrefixSupplyDeps,
  type PrefixSupplyOptions,
} from "./supply/prefix-supply.ts";
export { createMemoryStore } from "./store/memory-store.ts";
export type { Conflict, ObjectStore, StoredObject } from "./store/object-store.ts";
export type { AddressRange, Reservation } from "./reservation.ts";
