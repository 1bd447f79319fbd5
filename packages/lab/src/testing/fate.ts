/** What `bpf/programs/impair.bpf.c` draws for the n-th packet of a place, as a share of 1, written down once more. */
export interface Fate {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
}

const mask = 2n ** 64n - 1n;

/** SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), the state given. */
function splitMix64(state: bigint): bigint {
  let z = state & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

/** @param seed the place's own: twice what was asked for, and 1 more for what the host gets */
export function fateOf(seed: bigint, n: bigint): Fate {
  const draw = (which: bigint): number =>
    Number(splitMix64(seed + (n * 4n + which + 1n) * 0x9e3779b97f4a7c15n) >> 32n) / 2 ** 32;
  return { loss: draw(0n), duplicate: draw(1n), reorder: draw(2n) };
}
