import { AddressError, type Problem, quote } from "./address-error.ts";
import { type Brand, mint } from "./brand.ts";
import {
  type IpAddress,
  type IpFamily,
  familyName,
  ipFamily,
  ipToBigInt,
  isIp,
  parseIp,
} from "./ip.ts";
import { ipv4FromNumber } from "./ipv4.ts";
import { ipv6FromBigInt } from "./ipv6.ts";

/**
 * An address block in CIDR notation, `10.0.0.0/24` or `2001:db8::/32`, canonical and without host bits;
 * equal prefixes are equal strings.
 */
export type IpPrefix = Brand<string, "IpPrefix">;

/** Bits of an address of the family: 32 or 128. */
export function addressBits(family: IpFamily): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/**
 * Reads CIDR notation.
 *
 * @throws {AddressError} `invalid-prefix`; host bits are refused, and the hint says which prefix was meant.
 */
export function parsePrefix(text: string): IpPrefix {
  const slash = text.lastIndexOf("/");
  if (slash < 0)
    throw prefixError(text, { reason: "the length is missing", hint: "write ADDRESS/LENGTH" });
  const address = readAddress(text, text.slice(0, slash));
  const length = readLength(text, text.slice(slash + 1), ipFamily(address));
  const prefix = prefixOf(address, length);
  if (prefixAddress(prefix) !== address) {
    throw prefixError(text, { reason: "host bits are set", hint: `write ${prefix}` });
  }
  return prefix;
}

/** Whether `text` is a prefix in canonical form. */
export function isPrefix(text: string): text is IpPrefix {
  const slash = text.lastIndexOf("/");
  const address = text.slice(0, Math.max(0, slash));
  const length = text.slice(slash + 1);
  if (!isIp(address) || lengthProblem(length, ipFamily(address)) !== undefined) return false;
  return prefixOf(address, Number(length)) === text;
}

/** The prefix of `length` bits that `address` is in. */
export function prefixOf(address: IpAddress, length: number): IpPrefix {
  const family = ipFamily(address);
  const bits = addressBits(family);
  if (!Number.isInteger(length) || length < 0 || length > bits) {
    throw prefixError(`${address}/${String(length)}`, lengthReason(family));
  }
  const hostBits = BigInt(bits - length);
  const base = (ipToBigInt(address) >> hostBits) << hostBits;
  return mint<IpPrefix>(`${ipFromBigInt(base, family)}/${String(length)}`);
}

/** The prefix that holds this one address: `/32` or `/128`. */
export function hostPrefix(address: IpAddress): IpPrefix {
  return mint<IpPrefix>(`${address}/${String(addressBits(ipFamily(address)))}`);
}

/** The first address of the prefix. */
export function prefixAddress(prefix: IpPrefix): IpAddress {
  return mint<IpAddress>(prefix.slice(0, prefix.lastIndexOf("/")));
}

/** The number of leading bits that the prefix fixes. */
export function prefixLength(prefix: IpPrefix): number {
  return Number(prefix.slice(prefix.lastIndexOf("/") + 1));
}

export function prefixFamily(prefix: IpPrefix): IpFamily {
  return ipFamily(prefixAddress(prefix));
}

/** How many addresses the prefix holds. */
export function prefixSize(prefix: IpPrefix): bigint {
  return 1n << BigInt(addressBits(prefixFamily(prefix)) - prefixLength(prefix));
}

/** The address at `offset` from the prefix's first one. `offset` is below {@link prefixSize}. */
export function prefixNth(prefix: IpPrefix, offset: bigint): IpAddress {
  if (offset < 0n || offset >= prefixSize(prefix)) {
    throw prefixError(prefix, {
      reason: `it has no address at offset ${String(offset)}; it holds ${String(prefixSize(prefix))}`,
    });
  }
  return ipFromBigInt(ipToBigInt(prefixAddress(prefix)) + offset, prefixFamily(prefix));
}

/** Whether the address lies in the prefix; false across families. */
export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  return (
    prefixFamily(prefix) === ipFamily(address) && prefixOf(address, prefixLength(prefix)) === prefix
  );
}

/** Whether the prefixes share an address, which is when one contains the other. */
export function prefixesOverlap(left: IpPrefix, right: IpPrefix): boolean {
  return prefixLength(left) <= prefixLength(right)
    ? prefixContains(left, prefixAddress(right))
    : prefixContains(right, prefixAddress(left));
}

/** The address of the family with the given value. */
export function ipFromBigInt(value: bigint, family: IpFamily): IpAddress {
  return family === 4 ? ipv4FromNumber(Number(value)) : ipv6FromBigInt(value);
}

function readAddress(text: string, address: string): IpAddress {
  try {
    return parseIp(address);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw prefixError(text, error, error);
  }
}

function readLength(text: string, length: string, family: IpFamily): number {
  const problem = lengthProblem(length, family);
  if (problem !== undefined) throw prefixError(text, problem);
  return Number(length);
}

function lengthProblem(length: string, family: IpFamily): Problem | undefined {
  const valid = /^(?:0|[1-9][0-9]{0,2})$/.test(length) && Number(length) <= addressBits(family);
  return valid ? undefined : lengthReason(family);
}

function lengthReason(family: IpFamily): Problem {
  return {
    reason: `the length of an ${familyName(family)} prefix is a number from 0 to ${String(addressBits(family))}`,
  };
}

function prefixError(
  text: string,
  problem: { readonly reason: string; readonly hint?: string | undefined },
  cause?: unknown,
): AddressError {
  return new AddressError({
    code: "invalid-prefix",
    operation: "parse prefix",
    subject: quote(text),
    reason: problem.reason,
    hint: problem.hint,
    cause,
  });
}
