import {
  addressBits,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  ipToBigInt,
  prefixAddress,
  prefixLength,
} from "@heddle/contracts";

/** Something that has a prefix to itself. */
interface Holder {
  readonly prefix: IpPrefix;
  readonly family: IpFamily;
}

/** Prefixes that do not overlap, found by an address in as many steps as there are lengths of them. */
export class PrefixIndex<T extends Holder> {
  /** By family and host bits, by what is left of an address without those. */
  readonly #byBits = { 4: new Map<bigint, Map<bigint, T>>(), 6: new Map<bigint, Map<bigint, T>>() };

  /** What the address is in. */
  find(address: IpAddress): T | undefined {
    const value = ipToBigInt(address);
    for (const [bits, held] of this.#byBits[ipFamily(address)]) {
      const found = held.get(value >> bits);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What holds a part of the prefix, or all of it. */
  overlapping(prefix: IpPrefix): T | undefined {
    const address = prefixAddress(prefix);
    const around = this.find(address);
    if (around !== undefined) return around;
    const { bits, key } = placeOf({ prefix, family: ipFamily(address) });
    for (const [fewer, held] of this.#byBits[ipFamily(address)]) {
      if (fewer >= bits) continue;
      for (const [inside, one] of held) if (inside >> (bits - fewer) === key) return one;
    }
    return undefined;
  }

  add(item: T): void {
    const { bits, key } = placeOf(item);
    const held = this.#byBits[item.family].get(bits);
    if (held === undefined) this.#byBits[item.family].set(bits, new Map([[key, item]]));
    else held.set(key, item);
  }

  delete(item: T): void {
    const { bits, key } = placeOf(item);
    const held = this.#byBits[item.family].get(bits);
    held?.delete(key);
    if (held?.size === 0) this.#byBits[item.family].delete(bits);
  }
}

function placeOf({ prefix, family }: Holder): { readonly bits: bigint; readonly key: bigint } {
  const bits = BigInt(addressBits(family) - prefixLength(prefix));
  return { bits, key: ipToBigInt(prefixAddress(prefix)) >> bits };
}
