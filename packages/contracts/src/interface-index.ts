import { AddressError } from "./address-error.ts";
import { type Brand, mint } from "./brand.ts";

/** The index of a network interface, unique within its network namespace; never 0. */
export type InterfaceIndex = Brand<number, "InterfaceIndex">;

/** @throws {AddressError} `invalid-interface-index` unless `value` is an integer from 1 to 2^31 - 1 */
export function interfaceIndex(value: number): InterfaceIndex {
  if (Number.isInteger(value) && value >= 1 && value <= 0x7fff_ffff) {
    return mint<InterfaceIndex>(value);
  }
  throw new AddressError({
    code: "invalid-interface-index",
    operation: "make interface index",
    subject: String(value),
    reason: "not an integer from 1 to 2147483647",
  });
}
