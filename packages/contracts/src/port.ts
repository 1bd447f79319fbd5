import { AddressError, quote } from "./address-error.ts";
import { type Brand, mint } from "./brand.ts";

/** A transport port that can be connected to, 1 to 65535. */
export type Port = Brand<number, "Port">;

/** @throws {AddressError} `invalid-port` unless `value` is an integer from 1 to 65535 */
export function port(value: number): Port {
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return mint<Port>(value);
  throw portError(String(value));
}

/** @throws {AddressError} `invalid-port` unless `text` is a decimal number from 1 to 65535 without leading zeros */
export function parsePort(text: string): Port {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return port(Number(text));
  throw portError(quote(text));
}

function portError(subject: string): AddressError {
  return new AddressError({
    code: "invalid-port",
    operation: "parse port",
    subject,
    reason: "not a number from 1 to 65535",
  });
}
