import { CodedError } from "@heddle/contracts";

export type Bpf2tsErrorCode = "bad-config" | "refused" | "conflict" | "stale";

/**
 * Why nothing was generated.
 *
 * - `bad-config`: the configuration or the call is incomplete or names what is not there.
 * - `refused`: something in C has no faithful form in TypeScript; the subject names it down to the field.
 * - `conflict`: two objects or owners disagree, or two things would have one name.
 * - `stale`: a generated file is not what its sources say.
 */
export class Bpf2tsError extends CodedError<Bpf2tsErrorCode> {}

/** An error of the code `refused` about one part of the C sources. */
export function refusal(subject: string, reason: string, hint?: string): Bpf2tsError {
  return new Bpf2tsError({ code: "refused", operation: "generate", subject, reason, hint });
}

/** An error of the code `bad-config` about something that was named and is not there. */
export function missing(
  operation: string,
  subject: string,
  reason: string,
  hint?: string,
): Bpf2tsError {
  return new Bpf2tsError({ code: "bad-config", operation, subject, reason, hint });
}

/** An error of the code `conflict` about one name. */
export function conflict(subject: string, reason: string, hint?: string): Bpf2tsError {
  return new Bpf2tsError({ code: "conflict", operation: "generate", subject, reason, hint });
}
