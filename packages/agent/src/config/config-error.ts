import { CodedError } from "@heddle/contracts";

export type ConfigErrorCode = "unreadable-file" | "unknown-option" | "invalid-value";

/** An agent's configuration that cannot be used. */
export class ConfigError extends CodedError<ConfigErrorCode> {}
