/** Bits of an offset that one level consumes: a word has 32 bits. */
const wordBits = 5;
const wordSize = 1 << wordBits;
/** A word with all bits set. */
const full = -1;

/** Numbers from `first` to `last`, both included. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** The words of a level that are not zero, by their places. */
export interface WordStore {
  readonly size: number;
  get(index: number): number | undefined;
  set(index: number, word: number): void;
  delete(index: number): void;
}

/** A bit of a level's words stands for a block of `blockSize` numbers. */
interface Level {
  readonly blockSize: number;
  readonly words: WordStore;
}

/**
 * A set of numbers below 2^bits, with the lowest one missing found in a few steps: at most two words per
 * five bits are read, whatever the set holds.
 *
 * It is a tree of 32-bit words, sparse at both ends: a word that is zero is not stored, and neither is
 * anything below a bit that is set, since that says that the whole block is in the set.
 */
export class OffsetSet {
  /** From the bottom, where a block is one number, to the top, which is one word. */
  readonly #levels: readonly Level[];
  readonly #size: number;
  /** All numbers below this one are in the set. */
  #floor = 0;

  /**
   * @param bits 0 to 48, so that numbers are exact
   * @param createWords makes the store of a level, from the bottom
   */
  constructor(bits: number, createWords: (level: number) => WordStore = () => new Map()) {
    const depth = Math.max(1, Math.ceil(bits / wordBits));
    this.#size = 2 ** bits;
    this.#levels = Array.from({ length: depth }, (_, level) => ({
      blockSize: wordSize ** level,
      words: createWords(level),
    }));
    const blocks = 2 ** (bits - (depth - 1) * wordBits);
    if (blocks < wordSize) this.#levels.at(-1)?.words.set(0, full << blocks);
  }

  has(offset: number): boolean {
    let position = offset;
    for (const { words } of this.#levels) {
      const index = Math.floor(position / wordSize);
      const word = words.size === 0 ? undefined : words.get(index);
      // Nothing is stored below a bit that is set, so that the first word that is there decides.
      if (word !== undefined) return (word & bitOf(position)) !== 0;
      position = index;
    }
    return false;
  }

  /** Adds a number that is not in the set. */
  add(offset: number): void {
    this.#addBlock(0, offset);
    if (offset === this.#floor) this.#floor++;
  }

  /** Adds numbers none of which is in the set. */
  addRange(range: OffsetRange): void {
    let first = range.first;
    while (first <= range.last) {
      const fits = ({ blockSize }: Level) =>
        first % blockSize === 0 && first + blockSize - 1 <= range.last;
      const level = this.#levels.findLastIndex(fits);
      const { blockSize } = this.#level(level);
      this.#addBlock(level, first / blockSize);
      first += blockSize;
    }
  }

  /** Removes a number that is in the set. */
  delete(offset: number): void {
    this.#floor = Math.min(this.#floor, offset);
    const top = this.#levels.findIndex(
      ({ blockSize, words }) =>
        words.size > 0 && words.get(Math.floor(offset / blockSize / wordSize)) !== undefined,
    );
    // The bit that is set may stand for a whole block, of which all but one number remain.
    for (let level = top; level >= 0; level--) {
      const { blockSize, words } = this.#level(level);
      const position = Math.floor(offset / blockSize);
      const index = Math.floor(position / wordSize);
      write(words, index, (level === top ? (words.get(index) ?? 0) : full) & ~bitOf(position));
    }
  }

  /** The lowest number from `from` on that is not in the set. */
  firstMissing(from = 0): number | undefined {
    const start = Math.max(from, this.#floor);
    if (start >= this.#size) return undefined;
    const found = this.has(start) ? this.#search(this.#levels.length - 1, 0, start) : start;
    if (start === this.#floor) this.#floor = found ?? this.#size;
    return found;
  }

  /** Searches the blocks of a word. Only in the first one can all that is missing lie before `from`. */
  #search(level: number, index: number, from: number): number | undefined {
    const { blockSize, words } = this.#level(level);
    const start = Math.max(0, Math.floor(from / blockSize) - index * wordSize);
    if (start >= wordSize) return undefined;
    let missing = ~(words.get(index) ?? 0) & (full << start);
    while (missing !== 0) {
      const lowest = missing & -missing;
      const position = index * wordSize + (31 - Math.clz32(lowest));
      const found = level === 0 ? position : this.#search(level - 1, position, from);
      if (found !== undefined) return found;
      missing &= ~lowest;
    }
    return undefined;
  }

  /** Sets the bit of a block, and the bit above when that makes the word full. */
  #addBlock(bottom: number, block: number): void {
    let position = block;
    for (let level = bottom; level < this.#levels.length; level++) {
      const { words } = this.#level(level);
      const index = Math.floor(position / wordSize);
      const word = (words.get(index) ?? 0) | bitOf(position);
      const isTop = level === this.#levels.length - 1;
      write(words, index, word === full && !isTop ? 0 : word);
      if (word !== full) return;
      position = index;
    }
  }

  #level(level: number): Level {
    const found = this.#levels[level];
    if (found === undefined) throw new RangeError(`level ${String(level)} of an offset set`);
    return found;
  }
}

function bitOf(position: number): number {
  return 1 << (position % wordSize);
}

function write(words: WordStore, index: number, word: number): void {
  if (word === 0) words.delete(index);
  else words.set(index, word);
}
