import { CodedError, type ErrorParts } from "@heddle/contracts";

/**
 * Why an operation failed:
 *
 * - `exists`: the object is there already.
 * - `not-found`: the object, the table or the setting is not there.
 * - `device-gone`: no device has this index or name (any more).
 * - `unreachable`: a gateway or destination is not reachable from the given device.
 * - `permission`: the process lacks `CAP_NET_ADMIN` in the namespace, or may not open a file.
 * - `busy`: the object is in use, or must first be in another state.
 * - `invalid`: the kernel or this package refuses a value.
 * - `unsupported`: this kernel does not know the kind of device, the attribute or the address family.
 * - `exhausted`: out of memory, descriptors, or room in a table.
 * - `namespace-missing`: the path is not a network namespace.
 * - `interrupted`: what was listed changed during every attempt to list it.
 * - `replies-lost`: the kernel's answer did not fit the receive buffer; whether the request took effect is unknown.
 * - `malformed`: bytes that are not the message they were taken for.
 * - `closed`: the service, socket or namespace handle is not open.
 * - `addon-missing`: the native part is not built for this platform.
 * - `failed`: anything else; see `errno`.
 */
export type RtnetlinkErrorCode =
  | "exists"
  | "not-found"
  | "device-gone"
  | "unreachable"
  | "permission"
  | "busy"
  | "invalid"
  | "unsupported"
  | "exhausted"
  | "namespace-missing"
  | "interrupted"
  | "replies-lost"
  | "malformed"
  | "closed"
  | "addon-missing"
  | "failed";

/** What is known beyond the parts of every coded error. */
export interface RtnetlinkErrorParts extends ErrorParts<RtnetlinkErrorCode> {
  readonly errno?: string | undefined;
  readonly attribute?: string | undefined;
}

/** Every error of this package. */
export class RtnetlinkError extends CodedError<RtnetlinkErrorCode> {
  /** The name of the system's error number, `ENETUNREACH`, where the system was what refused. */
  readonly errno: string | undefined;
  /** The attribute that the kernel objects to, as a path of field names: `metrics.mtu`. */
  readonly attribute: string | undefined;

  constructor(parts: RtnetlinkErrorParts) {
    super(parts);
    this.errno = parts.errno;
    this.attribute = parts.attribute;
  }
}

/** An attempt, as it stands in the message of the error that ends it. */
export interface Attempt {
  /** A verb phrase: `add route`. */
  readonly operation: string;
  /** What it was attempted on: `10.0.0.0/24 via 192.0.2.1 dev 7`. */
  readonly subject: string;
}
