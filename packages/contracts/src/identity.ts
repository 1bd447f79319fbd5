import { AddressError, quote } from "./address-error.ts";
import { type Brand, mint } from "./brand.ts";

/**
 * The number that stands for a set of labels in the datapath, 1 to 2^24 - 1.
 *
 * It has 24 bits because it travels in the Geneve virtual network identifier (RFC 8926 section 3.4).
 */
export type Identity = Brand<number, "Identity">;

/** The largest identity. */
export const maxIdentity = 0xff_ffff;

/** @throws {AddressError} `invalid-identity` unless `value` is an integer from 1 to {@link maxIdentity} */
export function identity(value: number): Identity {
  if (Number.isInteger(value) && value >= 1 && value <= maxIdentity) return mint<Identity>(value);
  throw identityError(String(value));
}

/** @throws {AddressError} `invalid-identity` unless `text` is such a number in decimal without leading zeros */
export function parseIdentity(text: string): Identity {
  if (/^[1-9][0-9]{0,7}$/.test(text)) return identity(Number(text));
  throw identityError(quote(text));
}

function identityError(subject: string): AddressError {
  return new AddressError({
    code: "invalid-identity",
    operation: "parse identity",
    subject,
    reason: `not a number from 1 to ${String(maxIdentity)}`,
  });
}
