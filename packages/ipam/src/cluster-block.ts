import {
  addressBits,
  type IpFamily,
  ipFromBigInt,
  type IpPrefix,
  ipToBigInt,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixOf,
} from "@heddle/contracts";
import type { ClusterPrefix, ClusterPrefixUsage } from "./cluster-pool.ts";
import { IpamError } from "./ipam-error.ts";
import { type FamilyRange, mergeRanges, overlapRange } from "./reservation.ts";
import { type Offset, offsetOf, Slots } from "./slots.ts";

/** How long node prefixes may be, in bits. */
const nodeLengths = { 4: [8, 30], 6: [64, 120] } as const;

/** A prefix of the cluster: which of its parts nodes have. */
export class ClusterBlock {
  readonly prefix: IpPrefix;
  readonly family: IpFamily;
  readonly nodeLength: number;
  readonly slots: Slots;
  readonly #start: bigint;
  /** Bits of an address below those of a node prefix. */
  readonly #hostBits: bigint;
  /** How many parts each node has. */
  readonly #counts = new Map<string, number>();
  #draining = false;

  constructor({ prefix, nodeLength }: ClusterPrefix, excluded: readonly FamilyRange[]) {
    checkLength(prefix, nodeLength);
    this.prefix = prefix;
    this.family = prefixFamily(prefix);
    this.nodeLength = nodeLength;
    this.#start = ipToBigInt(prefixAddress(prefix));
    this.#hostBits = BigInt(addressBits(this.family) - nodeLength);
    const ranges = excluded
      .flatMap((range) => overlapRange(range, prefix))
      .map(({ first, last }) => ({ first: this.#place(first), last: this.#place(last) }));
    this.slots = new Slots(nodeLength - prefixLength(prefix), mergeRanges(ranges));
  }

  get usage(): ClusterPrefixUsage {
    const { prefix, family, nodeLength, draining } = this;
    const { capacity, used, free } = this.slots;
    const nodes = this.#counts.size;
    return {
      prefix,
      family,
      nodeLength,
      capacity,
      used,
      free: draining ? 0n : free,
      nodes,
      draining,
    };
  }

  get draining(): boolean {
    return this.#draining;
  }

  get hasRoom(): boolean {
    return !this.#draining && this.slots.hasRoom;
  }

  /** The nodes that have parts of it. */
  nodes(): IteratorObject<string> {
    return this.#counts.keys();
  }

  drain(): void {
    this.#draining = true;
  }

  resume(): void {
    this.#draining = false;
  }

  /** Whether a part of the block is excluded. */
  excludes(part: IpPrefix): boolean {
    return this.slots.excludes(this.#place(ipToBigInt(prefixAddress(part))));
  }

  offsetOf(part: IpPrefix): Offset {
    return offsetOf(this.#place(ipToBigInt(prefixAddress(part))));
  }

  prefixAt(offset: number): IpPrefix {
    const value = this.#start + (BigInt(offset) << this.#hostBits);
    return prefixOf(ipFromBigInt(value, this.family), this.nodeLength);
  }

  take(offset: Offset, node: string): void {
    this.slots.take(offset, node);
    this.#counts.set(node, (this.#counts.get(node) ?? 0) + 1);
  }

  release(offset: Offset, node: string): void {
    this.slots.release(offset);
    const count = this.#counts.get(node) ?? 0;
    if (count > 1) this.#counts.set(node, count - 1);
    else this.#counts.delete(node);
  }

  #place(value: bigint): bigint {
    return (value - this.#start) >> this.#hostBits;
  }
}

/** @throws {IpamError} `invalid-option` */
export function checkLength(prefix: IpPrefix, nodeLength: number): void {
  const [shortest, longest] = nodeLengths[prefixFamily(prefix)];
  const least = Math.max(shortest, prefixLength(prefix));
  if (Number.isInteger(nodeLength) && nodeLength >= least && nodeLength <= longest) return;
  throw new IpamError({
    code: "invalid-option",
    operation: "add cluster prefix",
    subject: prefix,
    reason:
      least > longest
        ? `it is smaller than a node prefix, which has up to ${String(longest)} bits`
        : `the length of its node prefixes is ${String(nodeLength)}, not one from ${String(least)} to ${String(longest)}`,
  });
}
