import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

/** What the kernel answers where a map type or a link lacks an operation; not part of errno(3). */
const unsupportedOperation = 524;

const names: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno).map(([name, number]) => [number, name] as const),
  [unsupportedOperation, "ENOTSUPP"],
  // These numbers have two names; the other one is never what the kernel's BPF code means.
  [11, "EAGAIN"],
  [95, "EOPNOTSUPP"],
]);

/** The name of a positive error number: `EPERM` of 1. */
export function errnoName(error: number): string {
  return names.get(error) ?? `error ${String(error)}`;
}

/** The name and what the system says of it: `EPERM, operation not permitted`. */
export function describeErrno(error: number): string {
  const message = getSystemErrorMap().get(-error)?.[1];
  return message === undefined ? errnoName(error) : `${errnoName(error)}, ${message}`;
}
