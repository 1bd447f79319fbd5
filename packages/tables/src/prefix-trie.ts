import {
  addressBits,
  type IpAddress,
  ipFamily,
  type IpPrefix,
  ipToBytes,
  prefixAddress,
  prefixLength,
} from "@heddle/contracts";

/** A prefix and what it stands for. */
export type PrefixEntry<V> = readonly [prefix: IpPrefix, value: V];

/** The leading bits of an address, in network order. */
export interface Bits {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/**
 * Entries that lie in a prefix. Never changes: a trie with one entry more or less shares all but the way to
 * it. Each node has an entry or two branches (a Patricia trie, Morrison 1968).
 */
export interface PrefixNode<V> extends Bits {
  /** The entry of just these bits. */
  readonly entry: PrefixEntry<V> | undefined;
  /** What goes on with a 0 bit and with a 1 bit. */
  readonly zero: PrefixNode<V> | undefined;
  readonly one: PrefixNode<V> | undefined;
}

export function prefixBits(prefix: IpPrefix): Bits {
  return { bytes: ipToBytes(prefixAddress(prefix)), length: prefixLength(prefix) };
}

export function addressAsBits(address: IpAddress): Bits {
  return { bytes: ipToBytes(address), length: addressBits(ipFamily(address)) };
}

/** The trie with the entry, in place of the one that its prefix had. */
export function insertPrefix<V>(
  root: PrefixNode<V> | undefined,
  entry: PrefixEntry<V>,
): PrefixNode<V> {
  return insert(root, { ...prefixBits(entry[0]), entry, zero: undefined, one: undefined });
}

/** The trie without the prefix; undefined when it held no other. */
export function removePrefix<V>(
  root: PrefixNode<V> | undefined,
  prefix: IpPrefix,
): PrefixNode<V> | undefined {
  return remove(root, prefixBits(prefix));
}

/** The entries that cover all of `bits`, from the shortest to the longest. */
export function* entriesCovering<V>(
  root: PrefixNode<V> | undefined,
  bits: Bits,
): Generator<PrefixEntry<V>, undefined> {
  let node = root;
  while (node !== undefined && commonLength(node, bits) === node.length) {
    if (node.entry !== undefined) yield node.entry;
    if (node.length === bits.length) return undefined;
    node = bitAt(bits, node.length) ? node.one : node.zero;
  }
  return undefined;
}

/** The entry of the longest prefix that covers all of `bits`. */
export function longestMatch<V>(
  root: PrefixNode<V> | undefined,
  bits: Bits,
): PrefixEntry<V> | undefined {
  let longest: PrefixEntry<V> | undefined;
  for (const entry of entriesCovering(root, bits)) longest = entry;
  return longest;
}

/** The entries that lie in `bits`, in the order of their addresses, and each before those that lie in it. */
export function* entriesWithin<V>(
  root: PrefixNode<V> | undefined,
  bits: Bits,
): Generator<PrefixEntry<V>, undefined> {
  let node = root;
  while (node !== undefined && node.length < bits.length) {
    if (commonLength(node, bits) < node.length) return undefined;
    node = bitAt(bits, node.length) ? node.one : node.zero;
  }
  if (node !== undefined && commonLength(node, bits) === bits.length) yield* allEntries(node);
  return undefined;
}

function* allEntries<V>(root: PrefixNode<V>): Generator<PrefixEntry<V>, undefined> {
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.entry !== undefined) yield node.entry;
    if (node.one !== undefined) stack.push(node.one);
    if (node.zero !== undefined) stack.push(node.zero);
  }
  return undefined;
}

function insert<V>(node: PrefixNode<V> | undefined, leaf: PrefixNode<V>): PrefixNode<V> {
  if (node === undefined) return leaf;
  const common = commonLength(node, leaf);
  if (common < node.length) {
    if (common === leaf.length) return withBranch(leaf, bitAt(node, common), node);
    const [zero, one] = bitAt(leaf, common) ? [node, leaf] : [leaf, node];
    return { bytes: leaf.bytes, length: common, entry: undefined, zero, one };
  }
  if (leaf.length === node.length) return { ...node, entry: leaf.entry };
  const bit = bitAt(leaf, node.length);
  return withBranch(node, bit, insert(bit ? node.one : node.zero, leaf));
}

function remove<V>(node: PrefixNode<V> | undefined, bits: Bits): PrefixNode<V> | undefined {
  if (node === undefined || commonLength(node, bits) < node.length) return node;
  if (node.length === bits.length) return joined({ ...node, entry: undefined });
  const bit = bitAt(bits, node.length);
  return joined(withBranch(node, bit, remove(bit ? node.one : node.zero, bits)));
}

/** A node that has no entry and does not fork is its only branch. */
function joined<V>(node: PrefixNode<V>): PrefixNode<V> | undefined {
  const { entry, zero, one } = node;
  if (entry !== undefined || (zero !== undefined && one !== undefined)) return node;
  return zero ?? one;
}

function withBranch<V>(
  node: PrefixNode<V>,
  bit: boolean,
  branch: PrefixNode<V> | undefined,
): PrefixNode<V> {
  return bit ? { ...node, one: branch } : { ...node, zero: branch };
}

function bitAt({ bytes }: Bits, index: number): boolean {
  return ((bytes[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0;
}

/** How many leading bits both have, and have the same. */
function commonLength(left: Bits, right: Bits): number {
  const limit = Math.min(left.length, right.length);
  for (let index = 0; index * 8 < limit; index++) {
    const difference = (left.bytes[index] ?? 0) ^ (right.bytes[index] ?? 0);
    if (difference !== 0) return Math.min(limit, index * 8 + Math.clz32(difference) - 24);
  }
  return limit;
}
