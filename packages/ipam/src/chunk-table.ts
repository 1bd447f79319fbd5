/** As many owners as a chunk has numbers with one, in their order; one alone is no list. */
export type ChunkOwners = string | string[] | undefined;

/** Never more than three of five places are in use, so that few places are looked at. */
const fullest = 0.6;
const smallest = 16;
/** No index is negative. */
const empty = -1;
/** A row is an index of 8 bytes and two words of 4, all in one line of the processor's cache. */
const rowBytes = 16;

/**
 * Two words and the owners of each chunk, by the chunk's index, which is below 2^48. A map of objects would be twice as
 * large, and an index beyond 2^31 an object of its own. Open addressing with linear probing; what is removed leaves no
 * trace. A place is valid until a chunk is added or removed.
 */
export class ChunkTable {
  #mask = smallest - 1;
  #indexes: Float64Array;
  #words: Int32Array;
  #owners: ChunkOwners[];
  #count = 0;

  constructor() {
    [this.#indexes, this.#words, this.#owners] = createColumns(smallest);
  }

  /** The place of a chunk; undefined when there is none. */
  find(index: number): number | undefined {
    const place = this.#placeFor(index);
    return this.#indexes[place * 2] === index ? place : undefined;
  }

  /** Adds a chunk that is not there. */
  add(index: number): number {
    if (this.#count > this.#mask * fullest) this.#resize((this.#mask + 1) * 2);
    const place = this.#placeFor(index);
    this.#indexes[place * 2] = index;
    this.#count++;
    return place;
  }

  /** Removes the chunk at a place. */
  remove(place: number): void {
    const mask = this.#mask;
    let gap = place;
    // Whatever is behind the gap only because a chunk was there moves into it.
    for (let next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      const index = this.#indexes[next * 2] ?? empty;
      if (index === empty) break;
      if (((next - home(index, mask)) & mask) < ((next - gap) & mask)) continue;
      this.#put(gap, index, this.word(next), this.owned(next), this.owners(next));
      gap = next;
    }
    this.#put(gap, empty, 0, 0, undefined);
    this.#count--;
    if (mask >= smallest && this.#count < (mask * fullest) / 8) this.#resize((mask + 1) / 2);
  }

  word(place: number): number {
    return this.#words[place * 4 + 2] ?? 0;
  }

  setWord(place: number, word: number): void {
    this.#words[place * 4 + 2] = word;
  }

  owned(place: number): number {
    return this.#words[place * 4 + 3] ?? 0;
  }

  owners(place: number): ChunkOwners {
    return this.#owners[place];
  }

  setOwners(place: number, owned: number, owners: ChunkOwners): void {
    this.#words[place * 4 + 3] = owned;
    this.#owners[place] = owners;
  }

  /** The owners of every chunk. */
  all(): Iterable<ChunkOwners> {
    return this.#owners;
  }

  /** Where a chunk is, or would be added. */
  #placeFor(index: number): number {
    const mask = this.#mask;
    let place = home(index, mask);
    for (;;) {
      const found = this.#indexes[place * 2];
      if (found === index || found === empty) return place;
      place = (place + 1) & mask;
    }
  }

  #put(place: number, index: number, word: number, owned: number, owners: ChunkOwners): void {
    this.#indexes[place * 2] = index;
    this.setWord(place, word);
    this.setOwners(place, owned, owners);
  }

  #resize(size: number): void {
    const [indexes, words, owners] = [this.#indexes, this.#words, this.#owners];
    [this.#indexes, this.#words, this.#owners] = createColumns(size);
    this.#mask = size - 1;
    for (let from = 0; from < owners.length; from++) {
      const index = indexes[from * 2] ?? empty;
      if (index === empty) continue;
      const [word = 0, owned = 0] = [words[from * 4 + 2], words[from * 4 + 3]];
      this.#put(this.#placeFor(index), index, word, owned, owners[from]);
    }
  }
}

/** Views of rows, none of which is in use. */
function createColumns(size: number): [Float64Array, Int32Array, ChunkOwners[]] {
  const rows = new ArrayBuffer(size * rowBytes);
  const indexes = new Float64Array(rows);
  for (let place = 0; place < size; place++) indexes[place * 2] = empty;
  // Array.from would take a tenth of a second for two million.
  const owners: ChunkOwners[] = [];
  owners.length = size;
  return [indexes, new Int32Array(rows), owners];
}

/** Where a chunk is when nothing is in its way. The factors are odd, and spread neighbours as well as multiples of 2^32. */
function home(index: number, mask: number): number {
  const mixed = Math.imul(index ^ Math.imul(index / 2 ** 32, 0x85eb_ca6b), 0x9e37_79b1);
  return (mixed ^ (mixed >>> 15)) & mask;
}
