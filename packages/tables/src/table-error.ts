import { CodedError } from "@heddle/contracts";

export type TableErrorCode =
  /** A user function threw for one item. */
  | "derivation-failed"
  /** The body of a transaction returned a promise. */
  | "transaction-async"
  /** What a transaction cannot undo was done inside one. */
  | "transaction-open"
  /** A transaction went on after a part of it had failed. */
  | "transaction-aborted"
  /** An option has a value that makes no sense. */
  | "invalid-option"
  /** The service was closed before what was waited for came true. */
  | "closed"
  /** The target could not be made to hold just what is desired. */
  | "prune-failed";

/** What goes wrong in tables, derivations and reconcilers. */
export class TableError extends CodedError<TableErrorCode> {}
