import { CodedError } from "@heddle/contracts";

/**
 * - `nothing-pinned`: there is nothing of this release's under the pin root.
 * - `unreadable-pins`: this user may not look into the pin root.
 * - `unknown-map`: no map of this release has the name.
 * - `not-listable`: the map has no entries to list.
 */
export type CliErrorCode = "nothing-pinned" | "unreadable-pins" | "unknown-map" | "not-listable";

/** What the command line was asked cannot be done. */
export class CliError extends CodedError<CliErrorCode> {}
