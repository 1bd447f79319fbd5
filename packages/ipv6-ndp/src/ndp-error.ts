import { CodedError } from "@heddle/contracts";

export type NdpErrorCode =
  /** An option makes no sense. */
  | "invalid-option"
  /** The object file of the programs is not where it should be. */
  | "object-missing"
  /** Something was asked for that is there from `start` to `close` only. */
  | "not-started"
  /** The kernel did not send a frame. */
  | "not-sent";

/** What goes wrong with a packet is a value; see `validateNdp`. */
export class NdpError extends CodedError<NdpErrorCode> {}
