import { AddressError, type Problem, quote } from "./address-error.ts";
import { type Brand, mint } from "./brand.ts";

/** An IPv4 address in dotted-decimal text, `192.0.2.1`; equal addresses are equal strings. */
export type Ipv4Address = Brand<string, "Ipv4Address">;

/** Length of an IPv4 address in bytes. */
export const ipv4ByteLength = 4;

/** Whether `text` parses as an IPv4 address. */
export function isIpv4(text: string): text is Ipv4Address {
  return ipv4Problem(text) === undefined;
}

/**
 * Reads dotted-decimal text.
 *
 * @throws {AddressError} `invalid-ipv4`; zero-padded octets are refused, since some programs read them
 * as octal (RFC 6943 section 3.1.1).
 */
export function parseIpv4(text: string): Ipv4Address {
  const problem = ipv4Problem(text);
  if (problem === undefined) return mint<Ipv4Address>(text);
  throw new AddressError({
    code: "invalid-ipv4",
    operation: "parse IPv4 address",
    subject: quote(text),
    ...problem,
  });
}

/** The address of four bytes in network order, read from `bytes` at `offset`. */
export function ipv4FromBytes(bytes: Uint8Array, offset = 0): Ipv4Address {
  if (offset + ipv4ByteLength > bytes.length) {
    throw new AddressError({
      code: "invalid-ipv4",
      operation: "read IPv4 address",
      subject: `${String(bytes.length)} bytes at offset ${String(offset)}`,
      reason: `an IPv4 address has ${String(ipv4ByteLength)} bytes`,
    });
  }
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(offset, offset + ipv4ByteLength);
  return mint<Ipv4Address>(dotted(a, b, c, d));
}

/** The address as four bytes in network order. */
export function ipv4ToBytes(address: Ipv4Address): Uint8Array {
  const value = ipv4ToNumber(address);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** The address with the given 32-bit value: `0x0a000001` is `10.0.0.1`. */
export function ipv4FromNumber(value: number): Ipv4Address {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new AddressError({
      code: "invalid-ipv4",
      operation: "make IPv4 address from number",
      subject: String(value),
      reason: "not an integer from 0 to 4294967295",
    });
  }
  return mint<Ipv4Address>(
    dotted(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255),
  );
}

/** The address as a 32-bit unsigned integer. */
export function ipv4ToNumber(address: Ipv4Address): number {
  let value = 0;
  let octet = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === dot) {
      value = value * 256 + octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - zero;
    }
  }
  return value * 256 + octet;
}

const dot = ".".charCodeAt(0);
const zero = "0".charCodeAt(0);

/** Four octets as text. */
export function dotted(a: number, b: number, c: number, d: number): string {
  return `${String(a)}.${String(b)}.${String(c)}.${String(d)}`;
}

function ipv4Problem(text: string): Problem | undefined {
  const octets = text.split(".");
  if (octets.length !== ipv4ByteLength) {
    return { reason: `${String(octets.length)} octets instead of 4` };
  }
  for (const octet of octets) {
    const problem = octetProblem(octet);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function octetProblem(octet: string): Problem | undefined {
  if (!/^[0-9]+$/.test(octet)) return { reason: `octet ${quote(octet)} is not a decimal number` };
  if (octet.length > 1 && octet.startsWith("0")) {
    return {
      reason: `octet ${quote(octet)} has leading zeros, which some programs read as octal`,
      hint: `write ${String(Number(octet))}`,
    };
  }
  return Number(octet) > 255 ? { reason: `octet ${quote(octet)} is above 255` } : undefined;
}
