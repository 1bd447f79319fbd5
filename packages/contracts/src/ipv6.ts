import { AddressError, type Problem, quote } from "./address-error.ts";
import { type Brand, mint } from "./brand.ts";
import { dotted, ipv4ToNumber, isIpv4, parseIpv4 } from "./ipv4.ts";

/**
 * An IPv6 address in the canonical text of RFC 5952, `2001:db8::1`; equal addresses are equal strings.
 *
 * Never carries a zone (`%eth0`): an interface is a separate value.
 */
export type Ipv6Address = Brand<string, "Ipv6Address">;

/** Length of an IPv6 address in bytes. */
export const ipv6ByteLength = 16;

const groupCount = 8;

/** Whether `text` is an IPv6 address in canonical form. */
export function isIpv6(text: string): text is Ipv6Address {
  const groups = readGroups(text);
  return Array.isArray(groups) && formatGroups(groups) === text;
}

/**
 * Reads any form of RFC 4291 section 2.2 and returns the canonical one.
 *
 * @throws {AddressError} `invalid-ipv6`
 */
export function parseIpv6(text: string): Ipv6Address {
  const groups = readGroups(text);
  if (Array.isArray(groups)) return formatGroups(groups);
  throw new AddressError({
    code: "invalid-ipv6",
    operation: "parse IPv6 address",
    subject: quote(text),
    ...groups,
  });
}

/** The address of sixteen bytes in network order, read from `bytes` at `offset`. */
export function ipv6FromBytes(bytes: Uint8Array, offset = 0): Ipv6Address {
  if (offset + ipv6ByteLength > bytes.length) {
    throw new AddressError({
      code: "invalid-ipv6",
      operation: "read IPv6 address",
      subject: `${String(bytes.length)} bytes at offset ${String(offset)}`,
      reason: `an IPv6 address has ${String(ipv6ByteLength)} bytes`,
    });
  }
  const groups: number[] = [];
  for (let at = offset; at < offset + ipv6ByteLength; at += 2) {
    groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  }
  return formatGroups(groups);
}

/** The address as sixteen bytes in network order. */
export function ipv6ToBytes(address: Ipv6Address): Uint8Array {
  const bytes = new Uint8Array(ipv6ByteLength);
  const view = new DataView(bytes.buffer);
  for (const [index, group] of canonicalGroups(address).entries()) view.setUint16(index * 2, group);
  return bytes;
}

/** The address with the given 128-bit value: `1n` is `::1`. */
export function ipv6FromBigInt(value: bigint): Ipv6Address {
  if (value < 0n || value >> 128n !== 0n) {
    throw new AddressError({
      code: "invalid-ipv6",
      operation: "make IPv6 address from number",
      subject: String(value),
      reason: "not an integer from 0 to 2^128 - 1",
    });
  }
  return formatGroups(
    Array.from({ length: groupCount }, (_, index) =>
      Number((value >> BigInt(16 * (groupCount - 1 - index))) & 0xffffn),
    ),
  );
}

/** The address as a 128-bit unsigned integer. */
export function ipv6ToBigInt(address: Ipv6Address): bigint {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = canonicalGroups(address);
  // Two numbers that are exact, so that there are few big ones.
  const high = BigInt((a * 2 ** 16 + b) * 2 ** 16 + c);
  const middle = BigInt((d * 2 ** 16 + e) * 2 ** 16 + f);
  return (high << 80n) | (middle << 32n) | BigInt(g * 2 ** 16 + h);
}

/** The groups of a text that is known to be canonical, in one pass. */
function canonicalGroups(address: Ipv6Address): readonly number[] {
  const groups: number[] = [];
  let gap = -1;
  let group = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === colon) {
      if (index > 0 && address.charCodeAt(index - 1) !== colon) groups.push(group);
      else gap = groups.length;
      group = 0;
    } else if (code === dot) {
      return dottedGroups(address);
    } else {
      group = group * 16 + (code < firstLetter ? code - zero : code - firstLetter + 10);
    }
  }
  if (!address.endsWith(":")) groups.push(group);
  if (gap >= 0) groups.splice(gap, 0, ...zeros.slice(groups.length));
  return groups;
}

const colon = ":".charCodeAt(0);
const dot = ".".charCodeAt(0);
const zero = "0".charCodeAt(0);
const firstLetter = "a".charCodeAt(0);
const zeros: readonly number[] = Array.from({ length: groupCount }, () => 0);

/** An IPv4-mapped address, the only one with a dotted end. */
function dottedGroups(address: Ipv6Address): readonly number[] {
  const groups = readGroups(address);
  return Array.isArray(groups) ? groups : [];
}

/** The eight 16-bit groups of `text`, or why it has none. */
function readGroups(text: string): number[] | Problem {
  if (text.includes("%")) {
    return { reason: "it carries a zone", hint: "leave out everything from the % sign on" };
  }
  const halves = text.split("::");
  if (halves.length > 2) return { reason: "`::` appears more than once" };
  const [left = "", right] = halves;
  const head = readRun(left, right === undefined);
  if (!Array.isArray(head)) return head;
  const tail = right === undefined ? [] : readRun(right, true);
  if (!Array.isArray(tail)) return tail;
  const missing = groupCount - head.length - tail.length;
  if (right === undefined) {
    return missing === 0 ? head : { reason: `${String(head.length)} groups instead of 8` };
  }
  if (missing < 1) return { reason: "`::` stands for no group" };
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** Reads groups between colons; the last may be a dotted IPv4 address when `last` is set. */
function readRun(text: string, last: boolean): number[] | Problem {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes(".")) {
      if (!isIpv4(part)) return embeddedProblem(part);
      const value = ipv4ToNumber(part);
      groups.push(value >>> 16, value & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return { reason: `group ${quote(part)} is not 1 to 4 hexadecimal digits` };
    }
  }
  return groups;
}

function embeddedProblem(part: string): Problem {
  try {
    parseIpv4(part);
    return { reason: `group ${quote(part)} is misplaced` };
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    const reason = `its IPv4 part ${quote(part)}: ${error.reason}`;
    return error.hint === undefined ? { reason } : { reason, hint: error.hint };
  }
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function formatGroups(groups: readonly number[]): Ipv6Address {
  if (isMapped(groups)) {
    const [high = 0, low = 0] = groups.slice(6);
    return mint<Ipv6Address>(`::ffff:${dotted(high >>> 8, high & 255, low >>> 8, low & 255)}`);
  }
  const run = longestZeroRun(groups);
  const [from, to] = run.length < 2 ? [-1, -1] : [run.start, run.start + run.length];
  let text = "";
  for (let index = 0; index < groupCount; index++) {
    if (index === from) text += "::";
    if (index >= from && index < to) continue;
    if (index > 0 && index !== to) text += ":";
    text += hex(groups[index] ?? 0);
  }
  return mint<Ipv6Address>(text);
}

/** The texts of all bytes: making them anew is half of what formatting costs. */
const bytesInHex: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16));
const paddedBytes: readonly string[] = bytesInHex.map((text) => text.padStart(2, "0"));

function hex(group: number): string {
  if (group < 256) return bytesInHex[group] ?? "";
  return `${bytesInHex[group >>> 8] ?? ""}${paddedBytes[group & 255] ?? ""}`;
}

/** `::ffff:0:0/96`, which RFC 5952 section 5 writes with a dotted tail. */
function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let [longest, start, length] = [0, 0, 0];
  for (let index = 0; index < groups.length; index++) {
    length = groups[index] === 0 ? length + 1 : 0;
    if (length > longest) [start, longest] = [index + 1 - length, length];
  }
  return { start, length: longest };
}
