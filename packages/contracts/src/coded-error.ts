/** What an error is made of. The message is composed from these, in this order. */
export interface ErrorParts<Code extends string> {
  /** What callers match on; stable across releases. */
  readonly code: Code;
  /** What was attempted, as a verb phrase: `allocate address`. */
  readonly operation: string;
  /** The object it was attempted on, named the way its owner names it: `pod default/web-0`. */
  readonly subject: string;
  /** Why it failed, with the numbers that matter. */
  readonly reason: string;
  /** The next step for whoever reads it, where one is known. */
  readonly hint?: string | undefined;
  /** The low-level error. */
  readonly cause?: unknown;
}

/**
 * The base of every error that Heddle throws or publishes.
 *
 * Each package has a union of codes; callers match on {@link CodedError.code}, people read the message:
 * `operation subject: reason (hint)`.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly operation: string;
  readonly subject: string;
  readonly reason: string;
  readonly hint: string | undefined;

  constructor(parts: ErrorParts<Code>) {
    super(composeMessage(parts), parts.cause === undefined ? {} : { cause: parts.cause });
    this.name = new.target.name;
    this.code = parts.code;
    this.operation = parts.operation;
    this.subject = parts.subject;
    this.reason = parts.reason;
    this.hint = parts.hint;
  }
}

function composeMessage(parts: ErrorParts<string>): string {
  const hint = parts.hint === undefined ? "" : ` (${parts.hint})`;
  return `${parts.operation} ${parts.subject}: ${parts.reason}${hint}`;
}

/** The error itself when it is one, or an `Error` that carries the thrown value's text. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
