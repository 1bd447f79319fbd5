import {
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  parseIp,
  parsePrefix,
  prefixContains,
  prefixFamily,
  prefixNth,
  prefixSize,
} from "@heddle/contracts";
import type { Reservation } from "./index.ts";

/** Milliseconds. */
export const coolDown = 100;
export const prefixes: readonly IpPrefix[] = [
  "10.0.0.0/28",
  "10.0.1.0/30",
  "10.0.2.0/31",
  "fd00::/124",
  "fd00:0:0:1::/127",
].map(parsePrefix);
export const reserved: readonly Reservation[] = [
  parseIp("10.0.0.5"),
  { first: parseIp("10.0.0.9"), last: parseIp("10.0.0.10") },
  parsePrefix("fd00::8/125"),
  parsePrefix("192.0.2.0/24"),
];
/** The addresses of the prefixes that nobody gets. */
export const withheld: ReadonlySet<string> = new Set<string>([
  // Those that no host can have.
  "10.0.0.0",
  "10.0.0.15",
  "10.0.1.0",
  "10.0.1.3",
  "fd00::",
  // Those that are reserved.
  "10.0.0.5",
  "10.0.0.9",
  "10.0.0.10",
  ...addressesOf(parsePrefix("fd00::8/125")),
]);

/** All addresses of a prefix, from the first to the last. */
export function addressesOf(prefix: IpPrefix): IpAddress[] {
  return Array.from({ length: Number(prefixSize(prefix)) }, (_, index) =>
    prefixNth(prefix, BigInt(index)),
  );
}

/** All addresses of the prefixes, and two that are in none. */
export const everyAddress: readonly IpAddress[] = [
  ...prefixes.flatMap(addressesOf),
  parseIp("10.0.3.1"),
  parseIp("fd01::1"),
];

/** What a pool is, told in the plainest way: lists that are searched from the beginning. */
export class Model {
  prefixes: IpPrefix[] = [];
  readonly draining: Set<IpPrefix> = new Set();
  readonly owners: Map<IpAddress, string> = new Map();
  readonly cooling: Map<IpAddress, { readonly owner: string; readonly until: number }> = new Map();
  now = 0;

  held(owner: string): IpAddress[] {
    const held = [...this.owners].filter(([, holder]) => holder === owner);
    return held.map(([address]) => address).toSorted((a, b) => ipFamily(a) - ipFamily(b));
  }

  free(family: IpFamily): IpAddress[] {
    const all = this.#givenFrom(family).flatMap(addressesOf);
    return all.filter((address) => this.#isFree(address));
  }

  has(family: IpFamily): boolean {
    return this.#givenFrom(family).length > 0;
  }

  isUsed(prefix: IpPrefix): boolean {
    return [...this.owners.keys()].some((address) => prefixContains(prefix, address));
  }

  add(prefix: IpPrefix): void {
    this.remove(prefix);
    this.prefixes.push(prefix);
  }

  drain(prefix: IpPrefix): void {
    this.draining.add(prefix);
    this.#removeDrained();
  }

  remove(prefix: IpPrefix): void {
    this.prefixes = this.prefixes.filter((held) => held !== prefix);
    this.draining.delete(prefix);
  }

  /** Why an owner cannot have an address. */
  refusal(owner: string, address: IpAddress): string | undefined {
    const inside = this.prefixes.find((prefix) => prefixContains(prefix, address));
    if (inside === undefined) return "outside-pool";
    if (this.draining.has(inside)) return "draining-prefix";
    if (withheld.has(address)) return "reserved";
    if (this.owners.has(address)) return "address-taken";
    const cooling = this.cooling.get(address);
    return cooling !== undefined && cooling.owner !== owner ? "cooling-down" : undefined;
  }

  give(owner: string, addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      this.owners.set(address, owner);
      this.cooling.delete(address);
    }
  }

  release(owner: string): void {
    for (const address of this.held(owner)) {
      this.owners.delete(address);
      this.cooling.set(address, { owner, until: this.now + coolDown });
    }
    this.#removeDrained();
  }

  advance(duration: number): void {
    this.now += duration;
    for (const [address, { until }] of this.cooling) {
      if (until <= this.now) this.cooling.delete(address);
    }
  }

  /** The prefixes that addresses of the family are given from. */
  #givenFrom(family: IpFamily): IpPrefix[] {
    return this.prefixes.filter(
      (prefix) => prefixFamily(prefix) === family && !this.draining.has(prefix),
    );
  }

  #removeDrained(): void {
    for (const prefix of this.draining) if (!this.isUsed(prefix)) this.remove(prefix);
  }

  #isFree(address: IpAddress): boolean {
    return !withheld.has(address) && !this.owners.has(address) && !this.cooling.has(address);
  }
}
