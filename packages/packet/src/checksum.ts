/**
 * The Internet checksum (RFC 1071) of the parts one after the other: the complement of the one's complement
 * sum of all 16-bit words, an odd last byte being padded with zero. A checksum field among them must be zero.
 */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  let high = true;
  for (const part of parts) {
    for (const byte of part) {
      sum += high ? byte * 256 : byte;
      high = !high;
    }
  }
  return 0xffff - fold(sum);
}

/**
 * The checksum after a part of the data changed from `before` to `after` (RFC 1624, equation 3). The part
 * begins at an even offset. Gives what {@link internetChecksum} gives unless all data is zero.
 *
 * A UDP checksum needs care by the caller: 0 is not updated, and a result of 0 is sent as 0xffff (RFC 768).
 */
export function updateChecksum(checksum: number, before: Uint8Array, after: Uint8Array): number {
  // The sum of the complemented old words is the complement of their sum, which is their checksum.
  const sum = 0xffff - checksum + internetChecksum(before) + (0xffff - internetChecksum(after));
  return 0xffff - fold(sum);
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}

/** CRC32c (Castagnoli), the checksum of SCTP (RFC 9260 appendix A), of the parts one after the other. */
export function crc32c(...parts: readonly Uint8Array[]): number {
  let crc = 0xffff_ffff;
  for (const part of parts) {
    for (const byte of part) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] ?? 0);
  }
  return ~crc >>> 0;
}

/** The remainder of each byte by the reflected polynomial 0x1edc6f41. */
const crcTable: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  return crc;
});
