import {
  addressBits,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  ipToBigInt,
  ipToBytes,
  ipv4FromNumber,
  ipv6FromBytes,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixSize,
} from "@heddle/contracts";
import {
  type FamilyRange,
  mergeRanges,
  overlapRange,
  prefixRange,
  type ValueRange,
} from "./reservation.ts";
import { type Offset, offsetOf, Slots } from "./slots.ts";

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

/** The pool that a prefix is of. */
export interface BlockHolder {
  readonly name: string;
  /** Something of the prefix was given out or came back. */
  changed(block: Block): void;
}

/** The addresses of one prefix: which are free, and how many are not. */
export class Block {
  readonly holder: BlockHolder;
  readonly prefix: IpPrefix;
  readonly family: IpFamily;
  readonly slots: Slots;
  readonly #range: ValueRange;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #draining = false;

  constructor(holder: BlockHolder, prefix: IpPrefix, reserved: readonly FamilyRange[]) {
    this.holder = holder;
    this.prefix = prefix;
    this.family = prefixFamily(prefix);
    this.#range = prefixRange(prefix);
    this.#bytes = ipToBytes(prefixAddress(prefix));
    this.#view = new DataView(this.#bytes.buffer);
    const excluded = mergeRanges([
      ...unusable(prefix).map(({ value }) => ({ first: value, last: value })),
      ...reserved.flatMap((range) => overlapRange(range, prefix)),
    ]);
    const start = this.#range.first;
    this.slots = new Slots(
      addressBits(this.family) - prefixLength(prefix),
      excluded.map(({ first, last }) => ({ first: first - start, last: last - start })),
    );
  }

  get usage(): PrefixUsage {
    const { prefix, family, draining } = this;
    const { capacity, used, cooling, free } = this.slots;
    return { prefix, family, capacity, used, cooling, free: draining ? 0n : free, draining };
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether an address can be drawn now. */
  get hasRoom(): boolean {
    return !this.#draining && this.slots.hasRoom;
  }

  /** Nothing more is to be given out. */
  drain(): void {
    this.#draining = true;
  }

  /** It is used as before it was drained. */
  resume(): void {
    this.#draining = false;
  }

  /** Why nobody can have an address of the prefix, if so. */
  refusal(address: IpAddress): string | undefined {
    const value = ipToBigInt(address);
    if (!this.slots.excludes(value - this.#range.first)) return undefined;
    const unfit = unusable(this.prefix).find((one) => one.value === value);
    return unfit?.reason ?? "it is reserved";
  }

  /** The place of an address of the prefix. */
  offsetOf(address: IpAddress): Offset {
    return offsetOf(ipToBigInt(address) - this.#range.first);
  }

  addressAt(offset: number): IpAddress {
    if (this.family === 4) return ipv4FromNumber(Number(this.#range.first) + offset);
    // The prefix ends before the offset begins, so that there is nothing to carry. A prefix of more than 48 bits
    // has fewer offsets, and keeps its own ones of these.
    const [bytes, view] = [this.#bytes, this.#view];
    const low = view.getUint32(12);
    const middle = view.getUint16(10);
    view.setUint32(12, low | (offset % 2 ** 32));
    view.setUint16(10, middle | Math.floor(offset / 2 ** 32));
    const address = ipv6FromBytes(bytes);
    view.setUint32(12, low);
    view.setUint16(10, middle);
    return address;
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
