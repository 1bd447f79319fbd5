import { describe, expect, it } from "vitest";
import { u32, u64 } from "./codecs.ts";
import { mapContract, perCpuMapContract } from "./map-contract.ts";
import { createMemoryMap, createMemoryPerCpuMap } from "./memory-map.ts";
import type { MapSpec } from "./spec.ts";

describe("a map in memory", () => {
  it.each(mapContract)("$name", async ({ run }) => {
    await expect(run(createMemoryMap)).resolves.toBeUndefined();
  });

  it("of type lru_hash evicts what was written longest ago", () => {
    const spec: MapSpec<number, bigint> = {
      name: "recent",
      type: "lru_hash",
      maxEntries: 2,
      flags: 0,
      key: u32,
      value: u64,
      layout: "",
    };
    const map = createMemoryMap(spec);
    map.set(1, 1n);
    map.set(2, 2n);
    map.set(1, 3n);
    map.set(3, 3n);
    expect([1, 2, 3].filter((key) => map.has(key))).toEqual([1, 3]);
  });

  it("hands out copies", () => {
    const spec: MapSpec<number, { n: number }> = {
      name: "copies",
      type: "hash",
      maxEntries: 2,
      flags: 0,
      key: u32,
      layout: "",
      value: {
        size: 4,
        encode: ({ n }, target, offset) => u32.encode(n, target, offset),
        decode: (source, offset) => ({ n: u32.decode(source, offset) }),
      },
    };
    const map = createMemoryMap(spec);
    const value = { n: 1 };
    map.set(1, value);
    value.n = 2;
    expect(map.get(1)).toEqual({ n: 1 });
    expect(map.get(1)).not.toBe(map.get(1));
  });
});

describe("a per-CPU map in memory", () => {
  it.each(perCpuMapContract)("$name", async ({ run }) => {
    await expect(run((spec) => createMemoryPerCpuMap(spec, 3))).resolves.toBeUndefined();
  });
});
