import { type IpAddress, ipToMappedBytes } from "@heddle/contracts";
import { ipProtocols } from "@heddle/packet";
import type { Tuple } from "./tuple.ts";

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface PortSearch {
  readonly range: PortRange;
  /** Ports that are tried after the connection's own. */
  readonly probes: number;
  /** Starts the hash. */
  readonly seed: number;
}

/**
 * The ports to try for a connection, one after the other: its own, when it is of the range, then `probes` others.
 * They depend on nothing but the arguments.
 *
 * With h the hash of the tuple, the n-th of the others, from 0, is `first + h mod size`, and then n is mixed into h as
 * another word. They are drawn independently, since walks that cross join, and then find no port far earlier. Of a
 * range of no more than `probes` ports all are tried: `first + (h mod size + n) mod size`.
 */
export function* candidatePorts(tuple: Tuple, search: PortSearch): Generator<number> {
  const { first, last } = search.range;
  const size = last - first + 1;
  if (tuple.sourcePort >= first && tuple.sourcePort <= last) yield tuple.sourcePort;
  let hash = hashTuple(tuple, search.seed);
  const tries = Math.min(search.probes, size);
  for (let n = 0; n < tries; n++) {
    yield first + (tries === size ? ((hash % size) + n) % size : hash % size);
    if (tries < size) hash = mix(hash, n);
  }
}

/**
 * A 32-bit hash of the tuple, in 32-bit arithmetic: each word is mixed in by `h = (h ^ word) * 0x9e3779b1` and
 * `h ^= h >> 15`. The words are the source's four (IPv4 as an IPv4-mapped address) in host order, the
 * destination's, both ports (source in the upper half), and the protocol's number.
 */
export function hashTuple(tuple: Tuple, seed: number): number {
  const ports = (tuple.sourcePort << 16) | tuple.destinationPort;
  const protocol = ipProtocols.numberOf(tuple.protocol);
  let hash = seed;
  for (const word of [...words(tuple.source), ...words(tuple.destination), ports, protocol]) {
    hash = mix(hash, word);
  }
  return hash;
}

function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e37_79b1);
  return (product ^ (product >>> 15)) >>> 0;
}

function words(address: IpAddress): readonly number[] {
  const bytes = ipToMappedBytes(address);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return [0, 4, 8, 12].map((offset) => view.getUint32(offset));
}
