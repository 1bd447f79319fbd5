import { CodedError } from "@heddle/contracts";

export type ConntrackErrorCode =
  /** An option makes no sense, alone or beside another one. */
  | "invalid-option"
  /** The fields are not those of a connection. */
  | "invalid-tuple";

/** What is refused before any packet is tracked. What goes wrong with a packet is a value, its outcome. */
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
