import { CodedError } from "@heddle/contracts";

export type IpamErrorCode =
  /** Every address of the family is in use, cooling down or reserved. */
  | "exhausted"
  /** The pool has no prefix of the family. */
  | "no-prefix"
  /** No family was asked for. */
  | "no-family"
  /** The address belongs to another owner. */
  | "address-taken"
  /** The address is not in any prefix of the pool. */
  | "outside-pool"
  /** The address is of a prefix that nothing is given from any more. */
  | "draining-prefix"
  /** The address is reserved, or cannot be a host's. */
  | "reserved"
  /** The address was another owner's until a moment ago. */
  | "cooling-down"
  /** The owner has, or asks for, two addresses of one family. */
  | "second-address"
  /** The prefix overlaps one of the pool. */
  | "overlapping-prefix"
  /** The prefix is not one of the pool. */
  | "unknown-prefix"
  /** Addresses of the prefix are in use. */
  | "prefix-in-use"
  /** There is no pool of the name. */
  | "unknown-pool"
  /** No selector matches, and there is no default pool. */
  | "no-pool"
  /** There is a pool of the name already. */
  | "duplicate-pool"
  /** Addresses of the pool are in use. */
  | "pool-in-use"
  /** The prefix belongs to another node. */
  | "prefix-taken"
  /** Node prefixes of the cluster's prefix have another length. */
  | "wrong-length"
  /** The supply of prefixes was closed while somebody waited for it. */
  | "supply-closed"
  /** An option makes no sense. */
  | "invalid-option";

/** What goes wrong with addresses of a pool. */
export class IpamError extends CodedError<IpamErrorCode> {}
