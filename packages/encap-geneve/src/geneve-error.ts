import { CodedError } from "@heddle/contracts";

export type GeneveErrorCode =
  /** An option of a function makes no sense. */
  | "invalid-option"
  /** The ends of a tunnel have addresses of different families. */
  | "mixed-families"
  /** What is to be encapsulated is neither an Ethernet frame nor an IP packet. */
  | "unsupported-inner"
  /** What the underlay leaves of its MTU is less than a pod's network needs. */
  | "mtu-too-small"
  /** A node has no address of the underlay's family. */
  | "no-underlay-address"
  /** Two nodes have pod prefixes that share addresses. */
  | "conflicting-prefixes"
  /** There are more nodes than tunnels fit into the map. */
  | "too-many-tunnels"
  /** A device was named that there is not. */
  | "no-such-device"
  /** The compiled programs did not travel with this package. */
  | "object-missing";

/** A tunnel that cannot be, or a node that cannot be reached. */
export class GeneveError extends CodedError<GeneveErrorCode> {}
