import { CodedError } from "@heddle/contracts";

/**
 * - `too-many-endpoints`: every epoch slot belongs to a pod.
 * - `device-missing`: a device that was just made is not there any more.
 */
export type EndpointErrorCode = "too-many-endpoints" | "device-missing";

/** A pod that cannot be connected. */
export class EndpointError extends CodedError<EndpointErrorCode> {}
