import { AddressError } from "./address-error.ts";
import {
  type Ipv4Address,
  ipv4ByteLength,
  ipv4FromBytes,
  ipv4ToBytes,
  ipv4ToNumber,
  isIpv4,
  parseIpv4,
} from "./ipv4.ts";
import {
  type Ipv6Address,
  ipv6ByteLength,
  ipv6FromBytes,
  ipv6ToBigInt,
  ipv6ToBytes,
  isIpv6,
  parseIpv6,
} from "./ipv6.ts";

/** An address of either family in its canonical text. */
export type IpAddress = Ipv4Address | Ipv6Address;

/** The two address families, by the number of their protocol. */
export const ipFamilies = [4, 6] as const;
export type IpFamily = (typeof ipFamilies)[number];

/** The family's name for people: `IPv4`. */
export function familyName(family: IpFamily): string {
  return `IPv${String(family)}`;
}

/** Whether `text` is a canonical address of either family. */
export function isIp(text: string): text is IpAddress {
  return text.includes(":") ? isIpv6(text) : isIpv4(text);
}

/**
 * Reads an address of either family.
 *
 * @throws {AddressError} `invalid-ipv4` or `invalid-ipv6`
 */
export function parseIp(text: string): IpAddress {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

export function ipFamily(address: IpAddress): IpFamily {
  return address.includes(":") ? 6 : 4;
}

/** Whether the address is of IPv4; narrows its type. */
export function isIpv4Address(address: IpAddress): address is Ipv4Address {
  return ipFamily(address) === 4;
}

/** The address as 4 or 16 bytes in network order. */
export function ipToBytes(address: IpAddress): Uint8Array {
  return isIpv4Address(address) ? ipv4ToBytes(address) : ipv6ToBytes(address);
}

/**
 * The address of 4 or 16 bytes in network order.
 *
 * @throws {AddressError} when `bytes` has another length
 */
export function ipFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === ipv4ByteLength) return ipv4FromBytes(bytes);
  if (bytes.length === ipv6ByteLength) return ipv6FromBytes(bytes);
  throw new AddressError({
    code: "invalid-ipv6",
    operation: "read IP address",
    subject: `${String(bytes.length)} bytes`,
    reason: "an IP address has 4 or 16 bytes",
  });
}

/** The address as an unsigned integer of its family's width. */
export function ipToBigInt(address: IpAddress): bigint {
  return isIpv4Address(address) ? BigInt(ipv4ToNumber(address)) : ipv6ToBigInt(address);
}

/** `::ffff:0:0/96`, the prefix of IPv4-mapped addresses (RFC 4291 section 2.5.5.2). */
const mappedPrefix = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** The address as sixteen bytes: IPv6 as it is, IPv4 as an IPv4-mapped address. */
export function ipToMappedBytes(address: IpAddress): Uint8Array {
  if (!isIpv4Address(address)) return ipv6ToBytes(address);
  const bytes = new Uint8Array(ipv6ByteLength);
  bytes.set(mappedPrefix);
  bytes.set(ipv4ToBytes(address), mappedPrefix.length);
  return bytes;
}

/** The inverse of {@link ipToMappedBytes}: an IPv4-mapped address is the IPv4 address in it. */
export function ipFromMappedBytes(bytes: Uint8Array, offset = 0): IpAddress {
  return isMapped(bytes, offset)
    ? ipv4FromBytes(bytes, offset + mappedPrefix.length)
    : ipv6FromBytes(bytes, offset);
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < mappedPrefix.length; index++) {
    if (bytes[offset + index] !== mappedPrefix[index]) return false;
  }
  return true;
}

/** Order for sorting: IPv4 before IPv6, then by value. */
export function compareIp(left: IpAddress, right: IpAddress): number {
  const families = ipFamily(left) - ipFamily(right);
  if (families !== 0) return families;
  const difference = ipToBigInt(left) - ipToBigInt(right);
  return difference < 0n ? -1 : Number(difference > 0n);
}
