import { CodedError } from "@heddle/contracts";

export type CompositionErrorCode = "provided-twice" | "not-provided" | "needs-itself";

/** Modules that do not make an agent together. */
export class CompositionError extends CodedError<CompositionErrorCode> {}
