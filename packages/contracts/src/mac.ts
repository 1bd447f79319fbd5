import { AddressError, quote } from "./address-error.ts";
import { type Brand, mint } from "./brand.ts";

/** An EUI-48 link-layer address, `02:00:5e:10:00:01`, in lower case; equal addresses are equal strings. */
export type MacAddress = Brand<string, "MacAddress">;

/** Length of a MAC address in bytes. */
export const macByteLength = 6;

/** Whether `text` is a MAC address in canonical form. */
export function isMac(text: string): text is MacAddress {
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text);
}

/**
 * Reads six two-digit hexadecimal bytes separated by colons, of either case.
 *
 * @throws {AddressError} `invalid-mac`
 */
export function parseMac(text: string): MacAddress {
  const lower = text.toLowerCase();
  if (isMac(lower)) return lower;
  throw new AddressError({
    code: "invalid-mac",
    operation: "parse MAC address",
    subject: quote(text),
    reason: "not six two-digit hexadecimal bytes separated by colons",
  });
}

/** The address of the six bytes at `offset`. */
export function macFromBytes(bytes: Uint8Array, offset = 0): MacAddress {
  if (offset + macByteLength > bytes.length) {
    throw new AddressError({
      code: "invalid-mac",
      operation: "read MAC address",
      subject: `${String(bytes.length)} bytes at offset ${String(offset)}`,
      reason: `a MAC address has ${String(macByteLength)} bytes`,
    });
  }
  let text = hexOctet(bytes[offset]);
  for (let index = 1; index < macByteLength; index++) text += `:${hexOctet(bytes[offset + index])}`;
  return mint<MacAddress>(text);
}

/** All 256 octets, since addresses are read by the packet. */
const hexOctets = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hexOctet(byte = 0): string {
  return hexOctets[byte] ?? "";
}

/** The address as six bytes. */
export function macToBytes(address: MacAddress): Uint8Array {
  const bytes = new Uint8Array(macByteLength);
  for (let index = 0; index < macByteLength; index++) {
    bytes[index] = Number.parseInt(address.slice(index * 3, index * 3 + 2), 16);
  }
  return bytes;
}

/** Whether the group bit is set: the address is a multicast or the broadcast address (IEEE 802). */
export function isGroupMac(address: MacAddress): boolean {
  return (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
}

/** The address of all stations of a link. */
export const broadcastMac: MacAddress = parseMac("ff:ff:ff:ff:ff:ff");
