import {
  type IpFamily,
  type IpPrefix,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixOf,
} from "@heddle/contracts";

/** A set of prefixes that knows which of them share addresses. Its cost grows with the number of different lengths. */
export class PrefixOverlaps {
  readonly #prefixes = new Set<IpPrefix>();
  /** The lengths in use, each with the number of its prefixes. */
  readonly #lengths: Readonly<Record<IpFamily, Map<number, number>>> = {
    4: new Map(),
    6: new Map(),
  };
  /** What lies in a prefix whose length is in use, whether or not it is in the set itself. */
  readonly #within = new Map<IpPrefix, Set<IpPrefix>>();

  add(prefix: IpPrefix): void {
    if (this.#prefixes.has(prefix)) return;
    const [family, length] = [prefixFamily(prefix), prefixLength(prefix)];
    const lengths = this.#lengths[family];
    const count = lengths.get(length) ?? 0;
    if (count === 0) for (const inner of this.#longer(family, length)) this.#put(inner, length);
    lengths.set(length, count + 1);
    this.#prefixes.add(prefix);
    for (const shorter of lengths.keys()) if (shorter < length) this.#put(prefix, shorter);
  }

  delete(prefix: IpPrefix): void {
    if (!this.#prefixes.delete(prefix)) return;
    const [family, length] = [prefixFamily(prefix), prefixLength(prefix)];
    const lengths = this.#lengths[family];
    for (const shorter of lengths.keys()) if (shorter < length) this.#take(prefix, shorter);
    const count = lengths.get(length) ?? 0;
    if (count > 1) {
      lengths.set(length, count - 1);
      return;
    }
    lengths.delete(length);
    for (const inner of this.#longer(family, length)) this.#take(inner, length);
  }

  /** The other prefixes of the set that share addresses with this one, which is in the set. */
  *overlapping(prefix: IpPrefix): Generator<IpPrefix> {
    const length = prefixLength(prefix);
    for (const shorter of this.#lengths[prefixFamily(prefix)].keys()) {
      const outer = shorter < length ? cut(prefix, shorter) : undefined;
      if (outer !== undefined && this.#prefixes.has(outer)) yield outer;
    }
    yield* this.#within.get(prefix) ?? [];
  }

  *#longer(family: IpFamily, length: number): Generator<IpPrefix> {
    for (const prefix of this.#prefixes) {
      if (prefixFamily(prefix) === family && prefixLength(prefix) > length) yield prefix;
    }
  }

  #put(prefix: IpPrefix, length: number): void {
    const outer = cut(prefix, length);
    const inside = this.#within.get(outer);
    if (inside === undefined) this.#within.set(outer, new Set([prefix]));
    else inside.add(prefix);
  }

  #take(prefix: IpPrefix, length: number): void {
    const outer = cut(prefix, length);
    const inside = this.#within.get(outer);
    inside?.delete(prefix);
    if (inside?.size === 0) this.#within.delete(outer);
  }
}

/** The prefix of `length` bits that holds this one. */
function cut(prefix: IpPrefix, length: number): IpPrefix {
  return prefixOf(prefixAddress(prefix), length);
}
