import { type ChunkOwners, ChunkTable } from "./chunk-table.ts";
import type { WordStore } from "./offset-set.ts";

/** Numbers that share a chunk: as many as a word has bits. */
const chunkSize = 32;

/**
 * Who has which number, and the lowest level of the set of those that are taken: one row of a table for 32
 * neighbours. A map with each number would be most of what an allocation costs.
 */
export class ChunkStore implements WordStore {
  readonly #chunks = new ChunkTable();
  /** The chunk that was looked for last, since one step of an allocator looks for the same several times. */
  #lastIndex = -1;
  #last: number | undefined;
  #ownerCount = 0;
  #wordCount = 0;

  /** How many words are not zero. */
  get size(): number {
    return this.#wordCount;
  }

  /** How many numbers have an owner. */
  get ownerCount(): number {
    return this.#ownerCount;
  }

  get(index: number): number | undefined {
    const place = this.#find(index);
    const word = place === undefined ? 0 : this.#chunks.word(place);
    return word === 0 ? undefined : word;
  }

  set(index: number, word: number): void {
    const place = this.#make(index);
    this.#wordCount += Number(word !== 0) - Number(this.#chunks.word(place) !== 0);
    this.#chunks.setWord(place, word);
  }

  delete(index: number): void {
    const place = this.#find(index);
    if (place === undefined || this.#chunks.word(place) === 0) return;
    this.#wordCount--;
    this.#chunks.setWord(place, 0);
    this.#dropEmpty(place);
  }

  ownerOf(number: number): string | undefined {
    const place = this.#find(Math.floor(number / chunkSize));
    if (place === undefined) return undefined;
    const bit = 1 << (number % chunkSize);
    const owned = this.#chunks.owned(place);
    if ((owned & bit) === 0) return undefined;
    const owners = this.#chunks.owners(place);
    return Array.isArray(owners) ? owners[countBelow(owned, bit)] : owners;
  }

  /** Gives an owner to a number that has none. */
  own(number: number, owner: string): void {
    const place = this.#make(Math.floor(number / chunkSize));
    const bit = 1 << (number % chunkSize);
    const owned = this.#chunks.owned(place);
    const owners = withOwner(this.#chunks.owners(place), countBelow(owned, bit), owner);
    this.#chunks.setOwners(place, owned | bit, owners);
    this.#ownerCount++;
  }

  /** Takes a number from its owner. */
  disown(number: number): void {
    const place = this.#find(Math.floor(number / chunkSize));
    if (place === undefined) return;
    const bit = 1 << (number % chunkSize);
    const owned = this.#chunks.owned(place);
    if ((owned & bit) === 0) return;
    const owners = withoutOwner(this.#chunks.owners(place), countBelow(owned, bit));
    this.#chunks.setOwners(place, owned & ~bit, owners);
    this.#ownerCount--;
    this.#dropEmpty(place);
  }

  *owners(): Generator<string> {
    for (const owners of this.#chunks.all()) {
      if (Array.isArray(owners)) yield* owners;
      else if (owners !== undefined) yield owners;
    }
  }

  #find(index: number): number | undefined {
    if (index !== this.#lastIndex) {
      this.#last = this.#chunks.find(index);
      this.#lastIndex = index;
    }
    return this.#last;
  }

  #make(index: number): number {
    this.#last = this.#find(index) ?? this.#chunks.add(index);
    return this.#last;
  }

  #dropEmpty(place: number): void {
    if (this.#chunks.word(place) !== 0 || this.#chunks.owned(place) !== 0) return;
    this.#chunks.remove(place);
    this.#last = undefined;
  }
}

function withOwner(owners: ChunkOwners, place: number, owner: string): ChunkOwners {
  if (owners === undefined) return owner;
  if (!Array.isArray(owners)) return place === 0 ? [owner, owners] : [owners, owner];
  if (place === owners.length) owners.push(owner);
  else owners.splice(place, 0, owner);
  return owners;
}

function withoutOwner(owners: ChunkOwners, place: number): ChunkOwners {
  if (!Array.isArray(owners) || owners.length === 1) return undefined;
  if (place === owners.length - 1) owners.pop();
  else owners.splice(place, 1);
  return owners;
}

/** How many bits are set below this one. */
function countBelow(bits: number, bit: number): number {
  return countBits(bits & (bit - 1));
}

/** Sums of neighbouring bits, then of pairs, of fours, and of bytes by a multiplication. */
function countBits(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
