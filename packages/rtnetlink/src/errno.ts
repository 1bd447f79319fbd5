import { constants } from "node:os";
import { getSystemErrorMessage } from "node:util";
import { type Attempt, RtnetlinkError, type RtnetlinkErrorCode } from "./rtnetlink-error.ts";

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
// In the kernel, for operations that a driver lacks; not in the C library's list.
names.set(524, "ENOTSUPP");

const codes = new Map<string, RtnetlinkErrorCode>([
  ["EEXIST", "exists"],
  ["ENOENT", "not-found"],
  ["ESRCH", "not-found"],
  ["EADDRNOTAVAIL", "not-found"],
  ["ENODEV", "device-gone"],
  ["ENXIO", "device-gone"],
  ["ENETUNREACH", "unreachable"],
  ["EHOSTUNREACH", "unreachable"],
  ["ENETDOWN", "unreachable"],
  ["EPERM", "permission"],
  ["EACCES", "permission"],
  ["EROFS", "permission"],
  ["EBUSY", "busy"],
  ["EINVAL", "invalid"],
  ["ERANGE", "invalid"],
  ["EMSGSIZE", "invalid"],
  ["EOPNOTSUPP", "unsupported"],
  ["ENOTSUP", "unsupported"],
  ["ENOTSUPP", "unsupported"],
  ["EAFNOSUPPORT", "unsupported"],
  ["EPROTONOSUPPORT", "unsupported"],
  ["ENOSYS", "unsupported"],
  ["ENOMEM", "exhausted"],
  ["ENOBUFS", "exhausted"],
  ["ENOSPC", "exhausted"],
  ["EMFILE", "exhausted"],
  ["ENFILE", "exhausted"],
]);

const hints: Partial<Record<RtnetlinkErrorCode, string>> = {
  permission: "run as root, or with CAP_NET_ADMIN in that namespace",
  "device-gone": "the device was deleted or moved to another namespace; list the links anew",
  unreachable:
    "give the device an address whose prefix holds the gateway and set it up, or mark the next hop onlink",
};

/** `ENODEV` for 19; the number itself where it has no name. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${String(number)}`;
}

/** What the kernel said about a failure beyond its number. */
export interface Explanation {
  /** The extended acknowledgement's text. */
  readonly text?: string | undefined;
  /** The attribute it objects to. */
  readonly attribute?: string | undefined;
  /** Where the errno's usual hint does not fit. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The error for an errno, a positive number, and what is known besides. */
export function errnoError(
  attempt: Attempt,
  number: number,
  explanation: Explanation = {},
): RtnetlinkError {
  const errno = errnoName(number);
  const code = codes.get(errno) ?? "failed";
  const text = explanation.text ?? getSystemErrorMessage(-number);
  const where = explanation.attribute === undefined ? "" : `, attribute ${explanation.attribute}`;
  return new RtnetlinkError({
    ...attempt,
    code,
    reason: `${text} (${errno}${where})`,
    hint: explanation.hint ?? hints[code],
    errno,
    attribute: explanation.attribute,
    cause: explanation.cause,
  });
}

/** The error for what the addon or `node:fs` threw; an error of this package is that error. */
export function systemError(attempt: Attempt, thrown: unknown, hint?: string): RtnetlinkError {
  if (thrown instanceof RtnetlinkError) return thrown;
  const number = errnoOf(thrown);
  if (number !== undefined) return errnoError(attempt, number, { hint, cause: thrown });
  return new RtnetlinkError({
    ...attempt,
    code: "failed",
    reason: thrown instanceof Error ? thrown.message : String(thrown),
    hint,
    cause: thrown,
  });
}

/** The positive errno of a thrown system error; the addon's are positive already, those of Node negative. */
function errnoOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("errno" in thrown)) return undefined;
  return typeof thrown.errno === "number" ? Math.abs(thrown.errno) : undefined;
}
