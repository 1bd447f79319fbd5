import { ipToBytes, parseIp } from "@heddle/contracts";
import { concatBytes } from "@heddle/packet";
import { findLandmarks, type Landmarks } from "./landmarks.ts";
import type { Random } from "./random.ts";

/** Changes a frame in its place, or gives another one back. */
type Mutator = (frame: Uint8Array, random: Random, marks: Landmarks) => Uint8Array;

/** The test run of packets of the stack takes one page, less what the kernel needs for itself. */
const longestFrame = 2048;

/** A copy of the frame with some mistakes; rarely none. */
export function mutate(frame: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let mutated: Uint8Array = frame.slice();
  for (let left = mutationCount(random); left > 0; left--) {
    mutated = random.chance(0.03)
      ? splice(mutated, other, random)
      : random.pick(mutators)(mutated, random, findLandmarks(mutated));
  }
  return mutated.subarray(0, longestFrame);
}

function mutationCount(random: Random): number {
  let count = random.chance(0.85) ? 1 : 0;
  while (count > 0 && count < 6 && random.chance(0.35)) count++;
  return count;
}

const boundaries = [0, 1, 0x7f, 0x80, 0xfe, 0xff] as const;
const protocols = [0, 1, 2, 4, 6, 17, 41, 43, 44, 50, 51, 58, 59, 60, 132, 135, 136, 255] as const;
const strangeIpv6 = [
  ipToBytes(parseIp("::")),
  ipToBytes(parseIp("::1")),
  ipToBytes(parseIp("::ffff:10.244.1.1")),
  ipToBytes(parseIp("ff02::1")),
  ipToBytes(parseIp("fe80::9")),
] as const;
const etherTypes = [0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x88cc, 0x0001] as const;

const mutators: readonly Mutator[] = [
  flipBits,
  setByte,
  setHeaderByte,
  truncate,
  truncateAtHeader,
  extend,
  ipLength,
  ipHeader,
  ipFragment,
  ipTtl,
  nextProtocol,
  transportLength,
  extensionLength,
  extensionInsert,
  address,
  etherType,
  copyRange,
  innerPacket,
];

function flipBits(frame: Uint8Array, random: Random): Uint8Array {
  for (let left = 1 + random.below(8); left > 0; left--) {
    const at = random.below(frame.length);
    frame[at] = (frame[at] ?? 0) ^ (1 << random.below(8));
  }
  return frame;
}

function setByte(frame: Uint8Array, random: Random): Uint8Array {
  return put(frame, random.below(frame.length), random.pick(boundaries));
}

/** The headers are where it matters. */
function setHeaderByte(frame: Uint8Array, random: Random, { transport }: Landmarks): Uint8Array {
  return put(frame, random.below(transport + 24), random.below(256));
}

function truncate(frame: Uint8Array, random: Random): Uint8Array {
  return frame.subarray(0, 14 + random.below(Math.max(frame.length - 14, 1)));
}

/** Just before or behind the beginning of the transport header. */
function truncateAtHeader(frame: Uint8Array, random: Random, marks: Landmarks): Uint8Array {
  return frame.subarray(0, Math.max(14, marks.transport + random.below(28) - 4));
}

function extend(frame: Uint8Array, random: Random): Uint8Array {
  return concatBytes(frame, random.bytes(1 + random.below(64)));
}

function ipLength(frame: Uint8Array, random: Random, { family, ip }: Landmarks): Uint8Array {
  if (family === 0) return frame;
  const at = ip + (family === 4 ? 2 : 4);
  return putLength(frame, at, random);
}

/** A length that is a little off, or at a bound. */
function putLength(frame: Uint8Array, at: number, random: Random): Uint8Array {
  if (random.chance(0.3)) return putWord(frame, at, random.pick([0, 1, 7, 8, 19, 20, 0xffff]));
  const length = ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  return putWord(frame, at, length + random.below(49) - 24);
}

/** Version and header length, or traffic class. */
function ipHeader(frame: Uint8Array, random: Random, { ip }: Landmarks): Uint8Array {
  return put(frame, ip, random.chance(0.7) ? 0x40 | random.below(16) : random.below(256));
}

function ipFragment(frame: Uint8Array, random: Random, marks: Landmarks): Uint8Array {
  if (marks.family === 4) return putWord(frame, marks.ip + 6, random.below(0x10000));
  const [at = marks.transport] = marks.extensions.slice(-1);
  return putWord(frame, at + 2, random.below(0x10000));
}

function ipTtl(frame: Uint8Array, random: Random, { family, ip }: Landmarks): Uint8Array {
  return put(frame, ip + (family === 4 ? 8 : 7), random.pick([0, 1, 2, 255]));
}

function nextProtocol(frame: Uint8Array, random: Random, marks: Landmarks): Uint8Array {
  const { family, ip, extensions } = marks;
  const first = ip + (family === 4 ? 9 : 6);
  const at = random.pick([first, ...extensions]);
  return put(frame, at, random.pick(protocols));
}

/** UDP's length, TCP's data offset, or ICMP's type and code. */
function transportLength(frame: Uint8Array, random: Random, marks: Landmarks): Uint8Array {
  const { transport, protocol } = marks;
  if (protocol === 17 || protocol === 136) return putLength(frame, transport + 4, random);
  if (protocol === 6) return put(frame, transport + 12, random.below(256));
  return put(frame, transport + random.below(2), random.below(256));
}

function extensionLength(frame: Uint8Array, random: Random, marks: Landmarks): Uint8Array {
  if (marks.extensions.length === 0) return frame;
  const at = random.pick(marks.extensions) + 1;
  return put(frame, at, random.chance(0.5) ? random.below(8) : random.below(256));
}

/** One more extension header, which the payload length may or may not count. */
function extensionInsert(frame: Uint8Array, random: Random, marks: Landmarks): Uint8Array {
  const { family, ip, transport } = marks;
  if (family !== 6 || transport > frame.length || frame.length < ip + 40) return frame;
  const header = random.bytes(8);
  header[0] = frame[ip + 6] ?? 0;
  header[1] = 0;
  const rest = frame.subarray(ip + 40);
  const longer = concatBytes(frame.subarray(0, ip + 40), header, rest);
  longer[ip + 6] = random.pick([0, 43, 44, 51, 60]);
  if (random.chance(0.3)) return longer;
  const length = ((frame[ip + 4] ?? 0) << 8) | (frame[ip + 5] ?? 0);
  return putWord(longer, ip + 4, length + header.length);
}

/** Addresses of a kind that is on no wire, and one bit beside those that are. */
function address(frame: Uint8Array, random: Random, { family, ip }: Landmarks): Uint8Array {
  const size = family === 4 ? 4 : 16;
  const start = ip + (family === 4 ? 12 : 8) + (random.chance(0.5) ? 0 : size);
  if (random.chance(0.5)) {
    const at = start + random.below(size);
    return put(frame, at, (frame[at] ?? 0) ^ (1 << random.below(8)));
  }
  if (family === 4) return put(frame, start, random.pick([0, 127, 169, 224, 240, 255]));
  return putBytes(frame, start, random.pick(strangeIpv6));
}

function etherType(frame: Uint8Array, random: Random): Uint8Array {
  return putWord(frame, 12, random.pick(etherTypes));
}

function copyRange(frame: Uint8Array, random: Random): Uint8Array {
  const from = random.below(frame.length);
  const to = random.below(frame.length);
  frame.copyWithin(to, from, from + 1 + random.below(16));
  return frame;
}

/** Something in what an ICMP error quotes, or in the packet inside. */
function innerPacket(frame: Uint8Array, random: Random, { transport }: Landmarks): Uint8Array {
  const at = transport + 8 + random.below(48);
  return random.chance(0.5) ? put(frame, at, random.below(256)) : frame.subarray(0, at);
}

/** The head of one and the rest of another. */
function splice(frame: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const marks = findLandmarks(frame);
  const at = random.pick([marks.ip, marks.transport, random.below(frame.length)]);
  return concatBytes(frame.subarray(0, Math.max(14, at)), other.subarray(findLandmarks(other).ip));
}

function put(frame: Uint8Array, at: number, value: number): Uint8Array {
  if (at < frame.length) frame[at] = value;
  return frame;
}

function putWord(frame: Uint8Array, at: number, value: number): Uint8Array {
  put(frame, at, (value >> 8) & 0xff);
  return put(frame, at + 1, value & 0xff);
}

function putBytes(frame: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  for (const [index, value] of bytes.entries()) put(frame, at + index, value);
  return frame;
}
