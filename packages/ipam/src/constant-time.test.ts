import {
  createManualClock,
  type IpFamily,
  parseIp,
  parsePrefix,
  prefixNth,
} from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createIpam } from "./index.ts";
import { OffsetSet, type WordStore } from "./offset-set.ts";

/** Words whose every use is counted. */
class CountedWords implements WordStore {
  readonly #words = new Map<number, number>();
  readonly #count: () => void;

  constructor(count: () => void) {
    this.#count = count;
  }

  get size(): number {
    return this.#words.size;
  }

  get(index: number): number | undefined {
    this.#count();
    return this.#words.get(index);
  }

  set(index: number, word: number): void {
    this.#count();
    this.#words.set(index, word);
  }

  delete(index: number): void {
    this.#count();
    this.#words.delete(index);
  }
}

/** The most steps that one allocation, and one release after it, took. */
function mostSteps(bits: number, filled: number, from: (index: number) => number): number {
  let steps = 0;
  const set = new OffsetSet(bits, () => new CountedWords(() => void steps++));
  if (filled > 0) set.addRange({ first: 0, last: filled - 1 });
  let most = 0;
  for (let index = 0; index < 1000; index++) {
    steps = 0;
    const found = set.firstMissing(from(index)) ?? set.firstMissing();
    if (found === undefined) break;
    set.add(found);
    if (index % 3 === 0) set.delete(found);
    most = Math.max(most, steps);
  }
  return most;
}

/** Per level: one word is looked at to find out, two to search, two to take, and two to give back. */
function bound(bits: number): number {
  return 8 * Math.ceil(bits / 5);
}

describe("steps of an allocation", () => {
  it.each([
    [8, "a /24"],
    [24, "an IPv4 /8"],
    [48, "an IPv6 /64"],
  ])("of 2^%d, %s, are bounded by its levels, however full it is", (bits) => {
    const size = 2 ** bits;
    for (const share of [0, 0.01, 0.5, 0.99]) {
      const filled = Math.floor(size * share);
      expect(mostSteps(bits, filled, () => 0)).toBeLessThanOrEqual(bound(bits));
      const anywhere = (index: number): number => Math.floor(((index * 0.618) % 1) * size);
      expect(mostSteps(bits, filled, anywhere)).toBeLessThanOrEqual(bound(bits));
    }
  });
});

describe("prefixes", () => {
  it("that are full are not looked at again, be there thousands", () => {
    const clock = createManualClock();
    const prefixes = Array.from({ length: 4096 }, (_, index) =>
      parsePrefix(`${prefixNth(parsePrefix("10.0.0.0/16"), BigInt(index * 4))}/30`),
    );
    let draws = 0;
    const random = (): number => {
      draws++;
      return 0;
    };
    const ipam = createIpam({ clock, random }, { prefixes, strategy: "random" });
    const family: readonly IpFamily[] = [4];
    for (let index = 0; index < 8192; index++) ipam.allocate(String(index), family);
    // Each prefix is drawn from only while it has room.
    expect(draws).toBe(8192);
    expect(() => ipam.allocate("one more", family)).toThrow(
      /10\.0\.0\.12\/30 has 2 of 2 .*; and 4092 more prefixes have 8184 of 8184 in use/,
    );
    ipam.release("5000");
    expect(ipam.allocate("one more", family).ipv4).toBe("10.0.39.17");
    expect(ipam.ownerOf(parseIp("10.0.39.17"))).toBe("one more");
  });
});
