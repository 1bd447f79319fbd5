import { CodedError } from "@heddle/contracts";

export type KubeSchemaErrorCode =
  | "unknown-model"
  | "unreadable-model"
  | "unsupported-type"
  | "stale-fact"
  | "invalid-argument";

/** A model, or a fact about one, that the schema cannot represent. */
export class KubeSchemaError extends CodedError<KubeSchemaErrorCode> {}
