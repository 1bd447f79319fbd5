import {
  addressBits,
  type IpAddress,
  type IpFamily,
  ipFromBytes,
  type IpPrefix,
  ipToBytes,
  ipv4FromNumber,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixSize,
} from "@heddle/contracts";
import { OffsetSet } from "./offset-set.ts";
import { type FamilyRange, mergeRanges, prefixRange, type ValueRange } from "./reservation.ts";

/** Addresses are drawn from the first 2^48 of a prefix that has more, so that offsets are exact numbers. */
const drawableBits = 48;

/** The place of an address in its prefix; a bigint beyond those that are drawn. */
export type Offset = number | bigint;

/** How much of a prefix is in use. */
export interface PrefixUsage {
  readonly prefix: IpPrefix;
  readonly family: IpFamily;
  /** Addresses that can be given out: all but the reserved ones and those that no host can have. */
  readonly capacity: bigint;
  /** Addresses that have an owner. */
  readonly used: number;
  /** Addresses that wait for the end of their cool-down. */
  readonly cooling: number;
  /** Addresses that can be given out now; none of a prefix that is drained. */
  readonly free: bigint;
  /** Whether nothing of it is given out any more, and it goes with its last owner. */
  readonly draining: boolean;
}

/** The addresses of one prefix: which are free, and how many are not. */
export class Block {
  readonly prefix: IpPrefix;
  readonly family: IpFamily;
  readonly #range: ValueRange;
  readonly #excluded: readonly ValueRange[];
  readonly #capacity: bigint;
  readonly #taken: OffsetSet;
  readonly #bits: number;
  readonly #firstBytes: Uint8Array;
  readonly #owners = new Map<Offset, string>();
  #cooling = 0;
  #draining = false;

  constructor(prefix: IpPrefix, reserved: readonly FamilyRange[]) {
    const hostBits = addressBits(prefixFamily(prefix)) - prefixLength(prefix);
    this.prefix = prefix;
    this.family = prefixFamily(prefix);
    this.#range = prefixRange(prefix);
    this.#firstBytes = ipToBytes(prefixAddress(prefix));
    this.#bits = Math.min(hostBits, drawableBits);
    this.#taken = new OffsetSet(this.#bits);
    this.#excluded = mergeRanges([
      ...unusable(prefix).map(({ value }) => ({ first: value, last: value })),
      ...reserved.flatMap((range) => overlap(range, prefix)),
    ]);
    let capacity = prefixSize(prefix);
    for (const { first, last } of this.#excluded) {
      capacity -= last - first + 1n;
      this.#exclude(first, last);
    }
    this.#capacity = capacity;
  }

  /** Whose the addresses are that are in use. */
  get owners(): ReadonlyMap<Offset, string> {
    return this.#owners;
  }

  get usage(): PrefixUsage {
    const { prefix, family } = this;
    const [capacity, used, cooling] = [this.#capacity, this.#owners.size, this.#cooling];
    const draining = this.#draining;
    const free = draining ? 0n : capacity - BigInt(used + cooling);
    return { prefix, family, capacity, used, cooling, free, draining };
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Nothing more is to be given out. */
  drain(): void {
    this.#draining = true;
  }

  /** It is used as before it was drained. */
  resume(): void {
    this.#draining = false;
  }

  contains(family: IpFamily, value: bigint): boolean {
    return family === this.family && this.#range.first <= value && value <= this.#range.last;
  }

  /** Why nobody can have the address, if so. */
  refusal(value: bigint): string | undefined {
    const excluded = this.#excluded.some(({ first, last }) => first <= value && value <= last);
    if (!excluded) return undefined;
    const unfit = unusable(this.prefix).find((address) => address.value === value);
    return unfit?.reason ?? "it is reserved";
  }

  /** The place of an address that is in the prefix. */
  offsetOf(value: bigint): Offset {
    const offset = value - this.#range.first;
    return offset >> BigInt(drawableBits) === 0n ? Number(offset) : offset;
  }

  /** The lowest free offset. */
  lowest(): number | undefined {
    return this.#taken.firstMissing();
  }

  /** The first free offset at or after a random one; `random` is from 0 to 1, not included. */
  anywhere(random: number): number | undefined {
    return this.#taken.firstMissing(Math.floor(random * 2 ** this.#bits)) ?? this.lowest();
  }

  addressAt(offset: number): IpAddress {
    if (this.family === 4) return ipv4FromNumber(Number(this.#range.first) + offset);
    const bytes = this.#firstBytes.slice();
    const view = new DataView(bytes.buffer);
    // The prefix ends before the offset begins, so that there is nothing to carry.
    view.setUint32(12, view.getUint32(12) | (offset % 2 ** 32));
    view.setUint16(10, view.getUint16(10) | Math.floor(offset / 2 ** 32));
    return ipFromBytes(bytes);
  }

  /** The free address has an owner now. */
  take(offset: Offset, owner: string): void {
    this.#owners.set(offset, owner);
    this.#occupy(offset);
  }

  /** The address has no owner any more and is free. */
  free(offset: Offset): void {
    this.#owners.delete(offset);
    this.#vacate(offset);
  }

  /** The address has no owner any more, and is not free before its cool-down ends. */
  cool(offset: Offset): void {
    this.#owners.delete(offset);
    this.#cooling++;
  }

  /** The free address cools down, having had an owner when it was in another prefix. */
  coolOn(offset: Offset): void {
    this.#cooling++;
    this.#occupy(offset);
  }

  /** The cool-down ends with the return of the owner. */
  reclaim(offset: Offset, owner: string): void {
    this.#cooling--;
    this.#owners.set(offset, owner);
  }

  /** The cool-down ends, and the address is free. */
  endCooling(offset: Offset): void {
    this.#cooling--;
    this.#vacate(offset);
  }

  #occupy(offset: Offset): void {
    if (typeof offset === "number") this.#taken.add(offset);
  }

  #vacate(offset: Offset): void {
    if (typeof offset === "number") this.#taken.delete(offset);
  }

  #exclude(first: bigint, last: bigint): void {
    const [from, to] = [this.offsetOf(first), this.offsetOf(last)];
    if (typeof from !== "number") return;
    this.#taken.addRange({ first: from, last: typeof to === "number" ? to : 2 ** this.#bits - 1 });
  }
}

interface UnusableAddress {
  readonly value: bigint;
  readonly reason: string;
}

/**
 * Addresses that no host can have. A prefix of one or two addresses has none: RFC 3021 for IPv4 /31,
 * RFC 6164 for IPv6 /127.
 */
function unusable(prefix: IpPrefix): readonly UnusableAddress[] {
  if (prefixSize(prefix) <= 2n) return [];
  const { first, last, family } = prefixRange(prefix);
  if (family === 6) {
    const reason = `it is the subnet-router anycast address of ${prefix} (RFC 4291 section 2.6.1)`;
    return [{ value: first, reason }];
  }
  return [
    { value: first, reason: `it is the network address of ${prefix}` },
    { value: last, reason: `it is the broadcast address of ${prefix}` },
  ];
}

/** The part of a range that is in the prefix. */
function overlap(range: FamilyRange, prefix: IpPrefix): readonly ValueRange[] {
  const bounds = prefixRange(prefix);
  const first = range.first > bounds.first ? range.first : bounds.first;
  const last = range.last < bounds.last ? range.last : bounds.last;
  return range.family === bounds.family && first <= last ? [{ first, last }] : [];
}
