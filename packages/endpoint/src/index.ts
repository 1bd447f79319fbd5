/**
 * Pods as network endpoints: a device pair, addresses and routes for each, the programs at its device
 * and its entries in the map that they read.
 *
 * @module
 */
export { EndpointError, type EndpointErrorCode } from "./endpoint-error.ts";
export type { EpochStore } from "./epoch-slots.ts";
export type * from "./endpoint-types.ts";
export { createEndpoints } from "./endpoints.ts";
export * from "./generated/bpf.ts";
export type { Gateway } from "./pod-network.ts";
