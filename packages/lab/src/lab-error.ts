import { CodedError } from "@heddle/contracts";

export type LabErrorCode =
  | "bad-option"
  | "bad-manifest"
  | "exists"
  | "no-such-lab"
  | "no-such-node"
  | "no-such-pod"
  | "no-such-link"
  | "busy"
  | "leftover"
  | "not-ready"
  | "not-root"
  | "object-missing"
  | "process-failed";

/** A lab that cannot be brought up, changed or found. */
export class LabError extends CodedError<LabErrorCode> {}
