/**
 * Direct routing between nodes: which devices lead to the network, and the routes to other nodes' pods.
 *
 * @module
 */
export type { ClusterNode } from "./node-network.ts";
export {
  createRouting,
  type Routing,
  type RoutingDeps,
  type RoutingOptions,
  type RoutingTunnel,
} from "./routing.ts";
export { RoutingError, type RoutingErrorCode } from "./routing-error.ts";
export type { NodeDevice } from "./select-devices.ts";
