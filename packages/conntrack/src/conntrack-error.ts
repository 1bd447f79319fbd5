import { CodedError } from "@heddle/contracts";

export type ConntrackErrorCode =
  /** An option makes no sense, alone or beside another one. */
  | "invalid-option"
  /** The text is not a filter of connections. */
  | "invalid-filter"
  /** The fields are not those of a connection. */
  | "invalid-tuple"
  /** Nobody tracks connections there, or nobody has begun to. */
  | "not-tracking"
  /** The programs are not where they should be. */
  | "object-missing"
  /** A program that walks the table did not come back with a result. */
  | "walk-failed";

/** What is refused, or does not work, apart from packets: what goes wrong with one is a value, its outcome. */
export class ConntrackError extends CodedError<ConntrackErrorCode> {}

/** The error of an option; `subject` names it. */
export function invalidOption(subject: string, reason: string, hint?: string): ConntrackError {
  return new ConntrackError({
    code: "invalid-option",
    operation: "create connection tracking with",
    subject,
    reason,
    hint,
  });
}
