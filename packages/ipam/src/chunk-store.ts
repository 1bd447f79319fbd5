import type { WordStore } from "./offset-set.ts";

/** Numbers that share a chunk: as many as a word has bits. */
const chunkSize = 32;

/** What is known of up to 32 numbers that follow one another. */
interface Chunk {
  /** The word of a set of numbers that this chunk keeps for it. */
  word: number;
  /** Which of the numbers have an owner. */
  owned: number;
  /**
   * As many as there are bits in `owned`, in their order. One alone is no list: where numbers are far from one another
   * there would be a list for each.
   */
  owners: string | string[] | undefined;
}

/**
 * Who has which number, and the lowest level of the set of those that are taken: one entry of a map for 32
 * neighbours. A map with each number would be most of what an allocation costs.
 */
export class ChunkStore implements WordStore {
  readonly #chunks = new Map<number, Chunk>();
  /** The chunk that was looked for last, since one step of an allocator looks for the same several times. */
  #lastIndex = -1;
  #last: Chunk | undefined;
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
    const word = this.#find(index)?.word;
    return word === 0 ? undefined : word;
  }

  set(index: number, word: number): void {
    const chunk = this.#make(index);
    this.#wordCount += Number(word !== 0) - Number(chunk.word !== 0);
    chunk.word = word;
  }

  delete(index: number): void {
    const chunk = this.#find(index);
    if (chunk === undefined || chunk.word === 0) return;
    this.#wordCount--;
    chunk.word = 0;
    this.#dropEmpty(index, chunk);
  }

  ownerOf(number: number): string | undefined {
    const chunk = this.#find(Math.floor(number / chunkSize));
    if (chunk === undefined) return undefined;
    const bit = 1 << (number % chunkSize);
    if ((chunk.owned & bit) === 0) return undefined;
    const { owners } = chunk;
    return Array.isArray(owners) ? owners[countBelow(chunk.owned, bit)] : owners;
  }

  /** Gives an owner to a number that has none. */
  own(number: number, owner: string): void {
    const chunk = this.#make(Math.floor(number / chunkSize));
    const bit = 1 << (number % chunkSize);
    insertOwner(chunk, countBelow(chunk.owned, bit), owner);
    chunk.owned |= bit;
    this.#ownerCount++;
  }

  /** Takes a number from its owner. */
  disown(number: number): void {
    const index = Math.floor(number / chunkSize);
    const chunk = this.#find(index);
    const bit = 1 << (number % chunkSize);
    if (chunk === undefined || (chunk.owned & bit) === 0) return;
    removeOwner(chunk, countBelow(chunk.owned, bit));
    chunk.owned &= ~bit;
    this.#ownerCount--;
    this.#dropEmpty(index, chunk);
  }

  *owners(): Generator<string> {
    for (const { owners } of this.#chunks.values()) {
      if (Array.isArray(owners)) yield* owners;
      else if (owners !== undefined) yield owners;
    }
  }

  #find(index: number): Chunk | undefined {
    if (index !== this.#lastIndex) {
      this.#last = this.#chunks.get(index);
      this.#lastIndex = index;
    }
    return this.#last;
  }

  #make(index: number): Chunk {
    const found = this.#find(index);
    if (found !== undefined) return found;
    const chunk: Chunk = { word: 0, owned: 0, owners: undefined };
    this.#chunks.set(index, chunk);
    this.#last = chunk;
    return chunk;
  }

  #dropEmpty(index: number, { word, owned }: Chunk): void {
    if (word !== 0 || owned !== 0) return;
    this.#chunks.delete(index);
    this.#last = undefined;
  }
}

function insertOwner(chunk: Chunk, place: number, owner: string): void {
  const { owners } = chunk;
  if (owners === undefined) chunk.owners = owner;
  else if (!Array.isArray(owners)) chunk.owners = place === 0 ? [owner, owners] : [owners, owner];
  else if (place === owners.length) owners.push(owner);
  else owners.splice(place, 0, owner);
}

function removeOwner(chunk: Chunk, place: number): void {
  const { owners } = chunk;
  if (!Array.isArray(owners)) chunk.owners = undefined;
  else if (place === owners.length - 1) owners.pop();
  else owners.splice(place, 1);
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
