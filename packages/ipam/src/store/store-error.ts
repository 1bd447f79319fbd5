import { CodedError } from "@heddle/contracts";

/**
 * - `damaged-file`: a file of the store is not what a store writes.
 * - `store-unusable`: the folder cannot be read or written.
 * - `unknown-outcome`: so many others wrote meanwhile that it cannot be told whether this write counted.
 */
export type StoreErrorCode = "damaged-file" | "store-unusable" | "unknown-outcome";

/** A store that cannot be used. */
export class StoreError extends CodedError<StoreErrorCode> {}
