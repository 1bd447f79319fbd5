import type { Key, Snapshot } from "./snapshot.ts";

/** Bits of the hash that one level of the trie consumes. */
const levelBits = 5;
const levelMask = (1 << levelBits) - 1;
const hashBits = 32;

/** Entries that share a slot before they get a branch of their own. A branch costs more than it saves below. */
const longestChain = 4;

/** An entry, and the others that share its slot. Never changes. */
export class Entry<K extends Key, V> {
  readonly hash: number;
  readonly key: K;
  readonly value: V;
  readonly next: Entry<K, V> | undefined;

  constructor(hash: number, key: K, value: V, next: Entry<K, V> | undefined) {
    this.hash = hash;
    this.key = key;
    this.value = value;
    this.next = next;
  }
}

type Slot<K extends Key, V> = Entry<K, V> | Branch<K, V>;

/** Up to 32 slots, of which only those that are taken are stored; `bitmap` says which. */
class Branch<K extends Key, V> {
  /** Who may change this branch in place; anybody else has to copy it. */
  readonly owner: object;
  bitmap: number;
  slots: Slot<K, V>[];

  constructor(owner: object, bitmap: number, slots: Slot<K, V>[]) {
    this.owner = owner;
    this.bitmap = bitmap;
    this.slots = slots;
  }
}

/**
 * A map whose snapshots are free: a hash array mapped trie that changes in place until a snapshot is
 * taken, and from then on copies the few branches on the way to what changes.
 *
 * A native `Map` needs time in proportion to its size for a copy, and it also pauses for that long
 * whenever it outgrows its memory (25 to 110 ms at half a million string keys in Node 24).
 */
export class HashTrie<K extends Key, V> implements Snapshot<K, V> {
  readonly #hash: (key: K) => number;
  #owner: object = {};
  #root: Branch<K, V>;
  #size = 0;

  constructor(hash: (key: K) => number = hashKey) {
    this.#hash = hash;
    this.#root = new Branch(this.#owner, 0, []);
  }

  /** A map with the content of a snapshot, which stays as it is. */
  static of<K extends Key, V>(snapshot: TrieSnapshot<K, V>): HashTrie<K, V> {
    const trie = new HashTrie<K, V>();
    trie.restore(snapshot);
    return trie;
  }

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.find(key)?.value;
  }

  has(key: K): boolean {
    return this.find(key) !== undefined;
  }

  /** Tells a key whose value is `undefined` from one that is not there. */
  find(key: K): Entry<K, V> | undefined {
    return find(this.#root, this.#hash(key), key);
  }

  entries(): IteratorObject<readonly [K, V]> {
    return this.snapshot().entries();
  }

  snapshot(): TrieSnapshot<K, V> {
    this.#owner = {};
    return new TrieSnapshot(this.#root, this.#size, this.#hash);
  }

  /** Makes the content what it was when `snapshot` was taken of this map. */
  restore(snapshot: TrieSnapshot<K, V>): void {
    this.#owner = {};
    this.#root = snapshot.root;
    this.#size = snapshot.size;
  }

  set(key: K, value: V): void {
    this.#root = this.#put(this.#root, 0, this.#hash(key), key, value);
  }

  /** Whether the key was there. */
  delete(key: K): boolean {
    const size = this.#size;
    this.#root = this.#remove(this.#root, 0, this.#hash(key), key);
    return this.#size < size;
  }

  #put(branch: Branch<K, V>, shift: number, hash: number, key: K, value: V): Branch<K, V> {
    const bit = slotBit(hash, shift);
    const index = slotIndex(branch.bitmap, bit);
    const slot = (branch.bitmap & bit) === 0 ? undefined : branch.slots[index];
    if (slot === undefined) {
      this.#size++;
      const slots = branch.slots.toSpliced(index, 0, new Entry(hash, key, value, undefined));
      return this.#change(branch, branch.bitmap | bit, slots);
    }
    const below = shift + levelBits;
    if (slot instanceof Branch) {
      return this.#replace(branch, index, this.#put(slot, below, hash, key, value));
    }
    const others = without(slot, hash, key);
    if (others === slot) this.#size++;
    const chain = new Entry(hash, key, value, others);
    return this.#replace(branch, index, isLong(chain, below) ? this.#fork(chain, below) : chain);
  }

  /** A branch of what was a chain. */
  #fork(chain: Entry<K, V>, shift: number): Branch<K, V> {
    const branch = new Branch<K, V>(this.#owner, 0, []);
    for (let entry: Entry<K, V> | undefined = chain; entry !== undefined; entry = entry.next) {
      const bit = slotBit(entry.hash, shift);
      const index = slotIndex(branch.bitmap, bit);
      const slot = (branch.bitmap & bit) === 0 ? undefined : branch.slots[index];
      const next = slot instanceof Entry ? slot : undefined;
      const moved = new Entry(entry.hash, entry.key, entry.value, next);
      branch.slots.splice(index, slot === undefined ? 0 : 1, moved);
      branch.bitmap |= bit;
    }
    return branch;
  }

  #remove(branch: Branch<K, V>, shift: number, hash: number, key: K): Branch<K, V> {
    const bit = slotBit(hash, shift);
    const index = slotIndex(branch.bitmap, bit);
    const slot = (branch.bitmap & bit) === 0 ? undefined : branch.slots[index];
    if (slot === undefined) return branch;
    const rest =
      slot instanceof Branch
        ? collapse(this.#remove(slot, shift + levelBits, hash, key))
        : without(slot, hash, key);
    if (slot instanceof Entry && rest !== slot) this.#size--;
    if (rest !== undefined) return this.#replace(branch, index, rest);
    return this.#change(branch, branch.bitmap & ~bit, branch.slots.toSpliced(index, 1));
  }

  #replace(branch: Branch<K, V>, index: number, slot: Slot<K, V>): Branch<K, V> {
    if (branch.slots[index] === slot) return branch;
    if (branch.owner !== this.#owner) {
      return new Branch(this.#owner, branch.bitmap, branch.slots.with(index, slot));
    }
    branch.slots[index] = slot;
    return branch;
  }

  #change(branch: Branch<K, V>, bitmap: number, slots: Slot<K, V>[]): Branch<K, V> {
    if (branch.owner !== this.#owner) return new Branch(this.#owner, bitmap, slots);
    branch.bitmap = bitmap;
    branch.slots = slots;
    return branch;
  }
}

export class TrieSnapshot<K extends Key, V> implements Snapshot<K, V> {
  readonly root: Branch<K, V>;
  readonly size: number;
  readonly #hash: (key: K) => number;

  constructor(root: Branch<K, V>, size: number, hash: (key: K) => number) {
    this.root = root;
    this.size = size;
    this.#hash = hash;
  }

  get(key: K): V | undefined {
    return this.find(key)?.value;
  }

  has(key: K): boolean {
    return this.find(key) !== undefined;
  }

  find(key: K): Entry<K, V> | undefined {
    return find(this.root, this.#hash(key), key);
  }

  *entries(): Generator<readonly [K, V], undefined> {
    const stack: Slot<K, V>[] = [this.root];
    for (let slot = stack.pop(); slot !== undefined; slot = stack.pop()) {
      if (slot instanceof Branch) {
        stack.push(...slot.slots);
      } else {
        yield [slot.key, slot.value];
        if (slot.next !== undefined) stack.push(slot.next);
      }
    }
    return undefined;
  }
}

function find<K extends Key, V>(root: Branch<K, V>, hash: number, key: K): Entry<K, V> | undefined {
  let slot: Slot<K, V> | undefined = root;
  for (let shift = 0; slot instanceof Branch; shift += levelBits) {
    const bit = slotBit(hash, shift);
    slot = (slot.bitmap & bit) === 0 ? undefined : slot.slots[slotIndex(slot.bitmap, bit)];
  }
  let entry = slot;
  while (entry !== undefined && !(entry.hash === hash && entry.key === key)) entry = entry.next;
  return entry;
}

/** The chain without the key; the chain itself when the key is not in it. */
function without<K extends Key, V>(
  chain: Entry<K, V>,
  hash: number,
  key: K,
): Entry<K, V> | undefined {
  if (chain.hash === hash && chain.key === key) return chain.next;
  if (chain.next === undefined) return chain;
  const rest = without(chain.next, hash, key);
  return rest === chain.next ? chain : new Entry(chain.hash, chain.key, chain.value, rest);
}

/** Whether the chain is better a branch at the level of `shift`, if there is one. */
function isLong<K extends Key, V>(chain: Entry<K, V>, shift: number): boolean {
  let length = 0;
  for (let entry: Entry<K, V> | undefined = chain; entry !== undefined; entry = entry.next)
    length++;
  return length > longestChain && shift < hashBits;
}

/** A branch in which a single chain is left becomes that chain. */
function collapse<K extends Key, V>(branch: Branch<K, V>): Slot<K, V> {
  const [only] = branch.slots;
  return branch.slots.length === 1 && only instanceof Entry ? only : branch;
}

function slotBit(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & levelMask);
}

/** Where in `slots` the slot of `bit` is: the number of taken slots before it. */
function slotIndex(bitmap: number, bit: number): number {
  const before = bitmap & (bit - 1);
  const pairs = before - ((before >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

let lastKey: Key = "";
let lastHash = hashText("");

/** One change passes through many tries under the same key: the hash of the last one is kept. */
export function hashKey(key: Key): number {
  if (key === lastKey) return lastHash;
  lastHash = typeof key === "string" ? hashText(key) : hashNumber(key);
  lastKey = key;
  return lastHash;
}

function hashNumber(key: number): number {
  return Number.isInteger(key) ? mix(key ^ (key / 0x1_0000_0000)) : hashText(String(key));
}

/** FNV-1a, mixed. */
function hashText(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  }
  return mix(hash);
}

/** The finalizer of MurmurHash3: every bit of the key moves the low bits, which come first. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
