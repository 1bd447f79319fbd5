import { CodedError } from "@heddle/contracts";

/**
 * - `no-gateway`: a node has no address that its pods could be reached by.
 * - `no-such-device`: a device was named that the node does not have.
 */
export type RoutingErrorCode = "no-gateway" | "no-such-device";

/** Pods of another node that cannot be routed to, or a device that cannot be used. */
export class RoutingError extends CodedError<RoutingErrorCode> {}
