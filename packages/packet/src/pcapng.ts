import type { LinkType } from "./parse.ts";
import { concatBytes, noBytes, zeroPadding } from "./wire/bytes.ts";
import { uint } from "./wire/field.ts";

// Blocks and options of draft-ietf-opsawg-pcapng. All numbers are written with the least significant byte first,
// as the byte-order magic of the section header tells readers.

/** What a capture file says of itself. */
export interface PcapngSection {
  /** The program that wrote it. */
  readonly application?: string;
  /** The operating system it ran on. */
  readonly os?: string;
  readonly comment?: string;
}

/** An interface on which packets were seen. */
export interface PcapngInterface {
  /** Its name, `eth0`. */
  readonly name: string;
  readonly description?: string;
  readonly linkType: LinkType;
  /**
   * Bytes of a packet that are captured at most; 0 for no limit.
   *
   * @defaultValue 0
   */
  readonly snapLength?: number;
}

/** One captured packet. */
export interface PcapngPacket {
  /** The place of its interface among the interfaces of the section, from 0. */
  readonly interfaceId: number;
  /** Nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** What was captured. */
  readonly bytes: Uint8Array;
  /**
   * Bytes that the packet had.
   *
   * @defaultValue the length of `bytes`
   */
  readonly originalLength?: number;
  /** Which way it went, seen from the interface. */
  readonly direction?: "inbound" | "outbound";
  /** To whom it was addressed. */
  readonly reception?: "unicast" | "multicast" | "broadcast" | "promiscuous";
  /** Shown beside the packet by readers. */
  readonly comments?: readonly string[];
}

/** The first block of a capture file (section 4.1 of the draft). */
export function pcapngSectionHeader(section: PcapngSection = {}): Uint8Array<ArrayBuffer> {
  const body = concatBytes(
    uint32(0x1a2b_3c4d, "byte-order magic"),
    uint16(1, "major version"),
    uint16(0, "minor version"),
    // All ones: the length of the section is not known in advance.
    new Uint8Array(8).fill(0xff),
  );
  return block(0x0a0d_0d0a, body, [
    ...textOption(1, section.comment),
    ...textOption(3, section.os),
    ...textOption(4, section.application),
  ]);
}

/**
 * Describes an interface; must precede its packets (section 4.2 of the draft). Time stamps are in nanoseconds.
 *
 * @throws {PacketError} `invalid-field` when a number does not fit
 */
export function pcapngInterface(description: PcapngInterface): Uint8Array<ArrayBuffer> {
  const body = concatBytes(
    uint16(linkTypes[description.linkType], "link type"),
    uint16(0, "reserved"),
    uint32(description.snapLength ?? 0, "snap length"),
  );
  return block(1, body, [
    ...textOption(2, description.name),
    ...textOption(3, description.description),
    // if_tsresol: the negative power of ten of one unit.
    option(9, Uint8Array.of(9)),
  ]);
}

/**
 * One packet (section 4.3 of the draft).
 *
 * @throws {PacketError} `invalid-field` when a number does not fit or a comment has more than 65535 bytes
 */
export function pcapngPacket(packet: PcapngPacket): Uint8Array<ArrayBuffer> {
  const { bytes, timestamp, direction = "unknown", reception = "unknown" } = packet;
  const body = concatBytes(
    uint32(packet.interfaceId, "interface id"),
    uint32(Number(timestamp >> 32n), "time stamp, high half"),
    uint32(Number(BigInt.asUintN(32, timestamp)), "time stamp, low half"),
    uint32(bytes.length, "captured length"),
    uint32(packet.originalLength ?? bytes.length, "original length"),
    bytes,
    zeroPadding(bytes.length, 4),
  );
  const flags = directions[direction] | receptions[reception];
  return block(6, body, [
    ...(packet.comments ?? []).flatMap((comment) => textOption(1, comment)),
    ...(flags === 0 ? [] : [option(2, uint32(flags, "flags"))]),
  ]);
}

/** Link types (IETF LINKTYPE registry): Ethernet, and IPv4 or IPv6 by their version. */
const linkTypes: Readonly<Record<LinkType, number>> = { ethernet: 1, ip: 101 };

/** Bits 0 and 1 of a packet's flags (section 4.3.1 of the draft). */
const directions = { unknown: 0, inbound: 1, outbound: 2 } as const;

/** Bits 2 to 4 of a packet's flags. */
const receptions = {
  unknown: 0,
  unicast: 1 << 2,
  multicast: 2 << 2,
  broadcast: 3 << 2,
  promiscuous: 4 << 2,
} as const;

/** A block with its length before and after (section 3.1 of the draft). */
function block(
  type: number,
  body: Uint8Array,
  options: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  // opt_endofopt closes a list of options, and an absent list needs none.
  const list = options.length === 0 ? noBytes : concatBytes(...options, option(0, noBytes));
  const length = uint32(12 + body.length + list.length, "block length");
  return concatBytes(uint32(type, "block type"), length, body, list, length);
}

/** An option, padded to four bytes (section 3.5 of the draft). */
function option(code: number, value: Uint8Array): Uint8Array {
  return concatBytes(
    uint16(code, "option code"),
    uint16(value.length, "option length"),
    value,
    zeroPadding(value.length, 4),
  );
}

function textOption(code: number, text: string | undefined): readonly Uint8Array[] {
  return text === undefined ? [] : [option(code, new TextEncoder().encode(text))];
}

function uint16(value: number, name: string): Uint8Array {
  return littleEndian(value, 16, name);
}

function uint32(value: number, name: string): Uint8Array {
  return littleEndian(value, 32, name);
}

function littleEndian(value: number, bits: number, name: string): Uint8Array {
  const bytes = new Uint8Array(bits / 8);
  uint(bits).write(bytes, 0, value, `pcapng ${name}`);
  return bytes.toReversed();
}
