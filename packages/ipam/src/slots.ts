import { ChunkStore } from "./chunk-store.ts";
import { OffsetSet } from "./offset-set.ts";
import type { ValueRange } from "./reservation.ts";

/** What is given out comes from the first 2^48 of a prefix that has more, so that offsets are exact numbers. */
const drawableBits = 48;

/** The place of an address, or of a smaller prefix, in a prefix; a bigint beyond those that are drawn. */
export type Offset = number | bigint;

/** Places that have an owner, cool down, are excluded or free. */
export class Slots {
  /** Places that can be given out: all but those that are excluded. */
  readonly capacity: bigint;
  readonly #excluded: readonly ValueRange[];
  readonly #bits: number;
  readonly #taken: OffsetSet;
  /** The owners, and the words of the lowest level of `#taken`. */
  readonly #chunks = new ChunkStore();
  /** Owners beyond what is drawn. */
  readonly #farOwners = new Map<bigint, string>();
  /** How many places can be drawn. */
  #drawable: number;
  #cooling = 0;

  /**
   * @param bits there are 2^`bits` places
   * @param excluded ascending ranges of places that neither overlap nor touch
   */
  constructor(bits: number, excluded: readonly ValueRange[]) {
    this.#bits = Math.min(bits, drawableBits);
    this.#taken = new OffsetSet(this.#bits, (level) => (level === 0 ? this.#chunks : new Map()));
    this.#drawable = 2 ** this.#bits;
    this.#excluded = excluded;
    let capacity = 1n << BigInt(bits);
    for (const { first, last } of excluded) {
      capacity -= last - first + 1n;
      this.#exclude(first, last);
    }
    this.capacity = capacity;
  }

  /** Places that have an owner. */
  get used(): number {
    return this.#chunks.ownerCount + this.#farOwners.size;
  }

  /** Places that are not free although nobody has them any more. */
  get cooling(): number {
    return this.#cooling;
  }

  get free(): bigint {
    return this.capacity - BigInt(this.used + this.#cooling);
  }

  /** Whether something can be drawn. */
  get hasRoom(): boolean {
    return this.#drawable > 0;
  }

  /** Some of the owners, for a message. */
  *owners(): Generator<string> {
    yield* this.#chunks.owners();
    yield* this.#farOwners.values();
  }

  ownerOf(offset: Offset): string | undefined {
    return typeof offset === "number" ? this.#chunks.ownerOf(offset) : this.#farOwners.get(offset);
  }

  /** Whether the place is never given out; found by halving. */
  excludes(offset: bigint): boolean {
    let [low, high] = [0, this.#excluded.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const range = this.#excluded[middle];
      if (range === undefined || offset < range.first) high = middle - 1;
      else if (offset > range.last) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** The lowest free place. */
  lowest(): number | undefined {
    return this.#taken.firstMissing();
  }

  /** The first free place at or after a random one; `random` is from 0 to 1, not included. */
  anywhere(random: number): number | undefined {
    return this.#taken.firstMissing(Math.floor(random * 2 ** this.#bits)) ?? this.lowest();
  }

  /** The free place has an owner now. */
  take(offset: Offset, owner: string): void {
    this.#own(offset, owner);
    this.#occupy(offset);
  }

  /** The place has no owner any more and is free. */
  release(offset: Offset): void {
    this.#disown(offset);
    this.#vacate(offset);
  }

  /** The place has no owner any more, and is not free before its cool-down ends. */
  cool(offset: Offset): void {
    this.#disown(offset);
    this.#cooling++;
  }

  /** The free place cools down, having had an owner when it was in another prefix. */
  coolOn(offset: Offset): void {
    this.#cooling++;
    this.#occupy(offset);
  }

  /** The cool-down ends with the return of the owner. */
  reclaim(offset: Offset, owner: string): void {
    this.#cooling--;
    this.#own(offset, owner);
  }

  /** The cool-down ends, and the place is free. */
  endCooling(offset: Offset): void {
    this.#cooling--;
    this.#vacate(offset);
  }

  #own(offset: Offset, owner: string): void {
    if (typeof offset === "number") this.#chunks.own(offset, owner);
    else this.#farOwners.set(offset, owner);
  }

  #disown(offset: Offset): void {
    if (typeof offset === "number") this.#chunks.disown(offset);
    else this.#farOwners.delete(offset);
  }

  #occupy(offset: Offset): void {
    if (typeof offset !== "number") return;
    this.#taken.add(offset);
    this.#drawable--;
  }

  #vacate(offset: Offset): void {
    if (typeof offset !== "number") return;
    this.#taken.delete(offset);
    this.#drawable++;
  }

  #exclude(first: bigint, last: bigint): void {
    const [from, to] = [offsetOf(first), offsetOf(last)];
    if (typeof from !== "number") return;
    const end = typeof to === "number" ? to : 2 ** this.#bits - 1;
    this.#taken.addRange({ first: from, last: end });
    this.#drawable -= end - from + 1;
  }
}

/** The form in which {@link Slots} knows a place. */
export function offsetOf(place: bigint): Offset {
  return place >> BigInt(drawableBits) === 0n ? Number(place) : place;
}
