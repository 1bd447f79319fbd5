import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { bytes, u32, u64 } from "./codecs.ts";
import { BpfError } from "./errors.ts";
import { descriptorOf, type Handle } from "./handle.ts";
import { createMap, createPerCpuMap } from "./kernel-map.ts";
import { mapContract, perCpuMapContract } from "./map-contract.ts";
import { createMapScan } from "./map-scan.ts";
import type { BpfMap, KernelMap, WriteMode } from "./map-types.ts";
import { createMemoryMap } from "./memory-map.ts";
import { openObject } from "./object.ts";
import type { KeyedMapType, MapSpec } from "./spec.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { runChild } from "./testing/run-child.ts";
import { rejected, thrown } from "./testing/thrown.ts";

const open: Handle[] = [];

afterEach(() => {
  for (const handle of open.splice(0)) handle.close();
});

async function tracked<K, V>(spec: MapSpec<K, V>): Promise<KernelMap<K, V>> {
  const map = await createMap(spec);
  open.push(map);
  return map;
}

function numbers(type: KeyedMapType, maxEntries: number): MapSpec<number, bigint> {
  return { name: "numbers", type, maxEntries, flags: 0, key: u32, value: u64, layout: "" };
}

/** Prefixes of one byte, so that few bits make many overlaps. */
function prefixes(maxEntries: number): MapSpec<Uint8Array, number> {
  const flags = 1; // BPF_F_NO_PREALLOC
  const key = bytes(8);
  return { name: "prefixes", type: "lpm_trie", maxEntries, flags, key, value: u32, layout: "" };
}

function prefixOf(index: number): Uint8Array {
  return Uint8Array.of(32, 0, 0, 0, 10, index >> 16, (index >> 8) & 255, index & 255);
}

describe("a map in the kernel", () => {
  it.each(mapContract)("$name", async ({ run }) => {
    await expect(run(tracked)).resolves.toBeUndefined();
  });

  it.each(perCpuMapContract)("$name", async ({ run }) => {
    await expect(
      run(async (spec) => {
        const map = await createPerCpuMap(spec);
        open.push(map);
        return map;
      }),
    ).resolves.toBeUndefined();
  });
});

interface Step {
  readonly operation: WriteMode | "get" | "delete";
  readonly value: number;
}

const steps: fc.Arbitrary<Step> = fc.record({
  operation: fc.constantFrom("any", "create", "replace", "get", "delete"),
  value: fc.nat(1000),
});

/** What a step did, as data: a result or an error's code. */
function apply<K, V>(map: BpfMap<K, V>, key: K, value: V, { operation }: Step): unknown {
  try {
    if (operation === "get") return map.get(key);
    if (operation === "delete") return map.delete(key);
    map.set(key, value, { mode: operation });
    return "set";
  } catch (error) {
    if (error instanceof BpfError) return error.code;
    throw error;
  }
}

describe("a map in memory does what one in the kernel does", () => {
  it.each(["hash", "array"] as const)("of type %s", async (type) => {
    const sequences = fc.array(fc.tuple(fc.nat(6), steps), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sequences, async (sequence) => {
        using kernel = await createMap(numbers(type, 4));
        const memory = createMemoryMap(numbers(type, 4));
        for (const [key, step] of sequence) {
          const value = BigInt(step.value);
          expect(apply(memory, key, value, step)).toEqual(apply(kernel, key, value, step));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("of type lpm_trie", async () => {
    const keys = fc
      .tuple(fc.integer({ min: 0, max: 32 }), fc.nat(255), fc.constantFrom(0, 128))
      .map(([length, first, second]) => Uint8Array.of(length, 0, 0, 0, first, second, 0, 0));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(keys, steps), { maxLength: 40 }), async (sequence) => {
        using kernel = await createMap(prefixes(64));
        const memory = createMemoryMap(prefixes(64));
        for (const [key, step] of sequence) {
          const expected = apply(kernel, key, step.value, step);
          expect(apply(memory, key, step.value, step)).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a scan", () => {
  const many = Array.from({ length: 30_000 }, (_, key) => [key, BigInt(key)] as const);

  it("reads more entries than fit into a batch", async () => {
    const map = await tracked(numbers("hash", 32_768));
    await map.setMany(many);
    const keys: number[] = [];
    for await (const [key, value] of map.entries()) {
      expect(value).toBe(BigInt(key));
      keys.push(key);
    }
    expect(keys.toSorted((left, right) => left - right)).toEqual(many.map(([key]) => key));
    expect(await map.deleteMany(keys)).toBe(many.length);
  });

  it("sees what stays exactly once while other entries come and go", async () => {
    const map = await tracked(numbers("hash", 65_536));
    await map.setMany(many);
    const seen = new Map<number, number>();
    let next = many.length;
    for await (const [key] of map.entries()) {
      seen.set(key, (seen.get(key) ?? 0) + 1);
      if (key % 2 === 1) map.delete(key);
      map.set(next++, 0n);
      map.delete(next - 1);
    }
    const stayed = many.filter(([key]) => key % 2 === 0);
    expect(stayed.filter(([key]) => seen.get(key) !== 1)).toEqual([]);
  });

  it.each([
    ["in batches", false],
    ["key by key", true],
  ])("goes on when the key where it stood is deleted, %s", async (_, single) => {
    const count = 40_000;
    const map = await tracked(prefixes(count));
    await map.setMany(Array.from({ length: count }, (_each, index) => [prefixOf(index), index]));
    const descriptor = descriptorOf(map, "test");
    const scan = createMapScan(descriptor, map.spec, single);
    const seen = new Set<number>();
    let deleted = 0;
    for await (const [key, value] of scan) {
      expect(seen.has(value)).toBe(false);
      seen.add(value);
      // Each batch ends at some key: with most keys gone, it is among them.
      if (value % 5 !== 0) deleted += Number(map.delete(key));
    }
    expect(deleted).toBeGreaterThan(0);
    expect(scan.consistent).toBe(true);
    expect(Array.from({ length: count / 5 }, (_each, index) => seen.has(index * 5))).not.toContain(
      false,
    );
  });

  describe("of a trie whose batches hold 63 entries", () => {
    const count = 2000;
    const spec: MapSpec<Uint8Array, Uint8Array> = { ...prefixes(count), value: bytes(4096) };
    const value = new Uint8Array(4096);

    async function filled(): Promise<KernelMap<Uint8Array, Uint8Array>> {
      const map = await tracked(spec);
      await map.setMany(Array.from({ length: count }, (_, index) => [prefixOf(index), value]));
      return map;
    }

    it("says when the place where it stood vanished over and over", async () => {
      const map = await filled();
      const scan = map.entries();
      let read = 0;
      for await (const [key] of scan) {
        read += 1;
        // The last one of the first batch; then each batch begins anew, and has one new key.
        if (read >= 63) map.delete(key);
      }
      expect(scan.consistent).toBe(false);
      expect(read).toBeLessThan(count);
    });

    it("ends, and says so, when all is replaced as fast as it reads", async () => {
      const map = await filled();
      const scan = map.entries();
      let fresh = count;
      for await (const [key] of scan) {
        map.delete(key);
        map.set(prefixOf(fresh), value);
        fresh += 1;
      }
      expect(scan.consistent).toBe(false);
      expect(fresh).toBeLessThan(20 * count);
    });
  });
});

describe("a map that is too large", () => {
  it("is refused with what was asked for", async () => {
    expect(await rejected(() => createMap(numbers("hash", 0xffff_ffff)))).toMatchObject({
      code: "invalid-argument",
      errno: "E2BIG",
      reason: expect.stringContaining("4294967295 entries, keys and values of 4 and 8 bytes"),
    });
    const huge = { ...numbers("array", 0xffff_ffff), value: bytes(4096) };
    expect(await rejected(() => createMap(huge))).toMatchObject({
      code: expect.stringMatching(/^(?:kernel-error|invalid-argument)$/),
      errno: expect.stringMatching(/^(?:ENOMEM|E2BIG)$/),
      hint: expect.stringContaining("fewer"),
    });
  });

  it("is named when it is an object's", async () => {
    using file = await openObject(compileFixture("counter"));
    file.resizeMap("samples", 0xffff_ffff);
    await expect(file.load()).rejects.toMatchObject({
      code: "invalid-argument",
      errno: "E2BIG",
      reason: "E2BIG: the kernel has no maps as large as map samples",
    });
  });

  it("is none for a process that may lock no memory, since Linux 5.11", () => {
    const index = JSON.stringify(new URL("index.ts", import.meta.url).href);
    const code = `
      import { createMap, u32 } from ${index};
      const spec = { name: "m", type: "hash", maxEntries: 1000000, flags: 0, key: u32, value: u32, layout: "" };
      (await createMap(spec)).close();
      console.log("made");
    `;
    const limited = 'ulimit -l 0 && exec "$@"';
    const node = [process.execPath, "--input-type=module", "-e", code];
    expect(runChild("bash", ["-c", limited, "bash", ...node]).stdout).toBe("made\n");
  });
});

describe("a handle of a map", () => {
  it("freezes it: what is there can only be read then", async () => {
    const map = await tracked(numbers("hash", 4));
    map.set(1, 1n);
    expect(map.info().frozen).toBe(false);
    map.freeze();
    expect(map.info().frozen).toBe(true);
    expect(map.get(1)).toBe(1n);
    expect(thrown(() => map.set(1, 2n))).toMatchObject({
      code: "not-permitted",
      operation: "set 1",
      hint: expect.stringContaining("`info().frozen`"),
    });
    map.freeze();
  });

  it("says what the kernel knows of it", async () => {
    const info = (await tracked(numbers("lru_hash", 64))).info();
    expect(info).toEqual({
      id: info.id,
      name: "numbers",
      type: "lru_hash",
      keySize: 4,
      valueSize: 8,
      maxEntries: 64,
      flags: 0,
      frozen: false,
      btfId: undefined,
      device: undefined,
    });
    expect(info.id).toBeGreaterThan(0);
  });

  it("refuses all work once it is closed, and closes twice", async () => {
    const map = await createMap(numbers("hash", 4));
    map.close();
    map.close();
    expect(map.closed).toBe(true);
    const attempts = [
      () => map.get(1),
      () => map.has(1),
      () => map.set(1, 1n),
      () => map.delete(1),
      () => map.info(),
      () => map.pin("/sys/fs/bpf/hdt-never"),
    ];
    for (const attempt of attempts) {
      expect(thrown(attempt)).toMatchObject({ code: "handle-closed", subject: "map numbers" });
    }
    await expect(map.setMany([[1, 1n]])).rejects.toMatchObject({ code: "handle-closed" });
    await expect(map.deleteMany([1])).rejects.toMatchObject({ code: "handle-closed" });
    const reading = map.entries()[Symbol.asyncIterator]().next();
    await expect(reading).rejects.toMatchObject({ code: "handle-closed" });
  });

  it("can be closed while work is in flight", async () => {
    const map = await createMap(numbers("hash", 1000));
    const writing = map.setMany(Array.from({ length: 1000 }, (_, key) => [key, 0n]));
    map.close();
    await expect(writing).resolves.toBeUndefined();
  });

  it("tells of a full map its name, size and key", async () => {
    const map = await tracked(numbers("hash", 1));
    map.set(1, 1n);
    expect(thrown(() => map.set(2, 2n))).toMatchObject({
      message:
        "set 2 map numbers: the map is full with 1 entries (give it more maxEntries when the object is loaded)",
      errno: "E2BIG",
    });
  });

  it("cannot be made of another thing", () => {
    const attempt = descriptorOf.bind(undefined, {}, "attach");
    expect(thrown(attempt)).toMatchObject({ code: "invalid-argument" });
  });
});
