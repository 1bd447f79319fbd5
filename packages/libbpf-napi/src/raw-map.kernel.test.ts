import { beforeAll, describe, expect, it } from "vitest";
import { u32, u64 } from "./codecs.ts";
import { BpfError } from "./errors.ts";
import { createMap } from "./kernel-map.ts";
import { openObject } from "./object.ts";
import type { LoadedObject } from "./object-types.ts";
import { openDecodedMap, openMapById, openRawMap } from "./raw-map.ts";
import type { MapSpec } from "./spec.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { thrown } from "./testing/thrown.ts";

const plain: MapSpec<number, bigint> = {
  name: "plain",
  type: "hash",
  maxEntries: 8,
  flags: 0,
  key: u32,
  value: u64,
  layout: "",
};

let shapes: Uint8Array;

beforeAll(() => {
  shapes = compileFixture("shapes");
});

async function load(): Promise<LoadedObject> {
  using file = await openObject(shapes, { name: "shapes" });
  return await file.load();
}

const key = Uint8Array.of(1, 0, 0, 0);
const value = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0);

describe("a raw map", () => {
  it("is opened by id and by pin, and reads and writes bytes", async () => {
    using pins = createBpffsFolder();
    using map = await createMap(plain);
    map.pin(pins.path("plain"));
    for (const place of [{ id: map.info().id }, { pin: pins.path("plain") }]) {
      using raw = openRawMap(place);
      expect(raw).toMatchObject({ name: "plain", type: "hash", keySize: 4, valueSize: 8 });
      raw.set(key, value);
      expect(map.get(1)).toBe(7n);
      const found = await Array.fromAsync(raw.entries());
      expect(found).toEqual([[key, value]]);
      expect(raw.take(key)).toEqual(value);
      expect(raw.get(key)).toBeUndefined();
    }
  });

  it("takes no key or value of another length", async () => {
    using map = await createMap(plain);
    using raw = openRawMap({ id: map.info().id });
    const attempts = [() => raw.get(value), () => raw.set(key, key), () => raw.delete(value)];
    for (const attempt of attempts) {
      expect(thrown(attempt)).toMatchObject({ code: "invalid-argument" });
    }
  });

  it("of each CPU has all their values", async () => {
    using object = await load();
    const hits = object.rawMap("hits");
    expect(hits.valueSize % 8).toBe(0);
    const all = new Uint8Array(hits.valueSize).fill(0);
    all[8] = 1;
    hits.set(key, all);
    expect(hits.get(key)).toEqual(all);
  });

  it("without keys is pushed to and popped from", async () => {
    using object = await load();
    const [jobs, none] = [object.rawMap("jobs"), new Uint8Array(0)];
    expect(jobs.get(none)).toBeUndefined();
    jobs.set(none, key);
    expect(jobs.get(none)).toEqual(key);
    expect(jobs.take(none)).toEqual(key);
    expect(jobs.take(none)).toBeUndefined();
    await expect(Array.fromAsync(jobs.entries())).rejects.toBeInstanceOf(BpfError);
  });

  it("is missed by its id and its name", async () => {
    using object = await load();
    expect(thrown(() => openRawMap({ id: 0x7fff_ffff }))).toMatchObject({
      code: "no-such-map",
      subject: "of id 2147483647",
    });
    expect(thrown(() => object.rawMap("absent"))).toMatchObject({ code: "no-such-member" });
  });
});

describe("a map by id", () => {
  it("is what its spec says, or refused", async () => {
    using map = await createMap(plain);
    using again = openMapById(map.info().id, plain);
    again.set(1, 2n);
    expect(map.get(1)).toBe(2n);
    const other = { ...plain, maxEntries: 9 };
    expect(thrown(() => openMapById(map.info().id, other))).toMatchObject({
      code: "incompatible-map",
      reason: "max entries: wanted 9, found 8",
    });
  });
});

const shape = {
  area: 5n,
  shift: -1,
  port: 443,
  hidden: true,
  tag: -2,
  name: "square",
  mac: Uint8Array.of(1, 2, 3, 4, 5, 6),
  corners: [1, 2, 3],
  colour: 2,
  wide: 0xf_ffff,
  small: -16,
  rest: 3,
  word: 0x0403_0201,
  octets: Uint8Array.of(1, 2, 3, 4),
  place: { x: 1, y: 2 },
};

describe("a map decoded by its type information", () => {
  it("gives back every kind of field", async () => {
    using object = await load();
    const map = object.decodedMap("shapes");
    map.set(1, shape);
    expect(map.get(1)).toEqual(shape);
    const { octets: _, ...byWord } = shape;
    map.set(2, byWord);
    expect(map.get(2)).toEqual(shape);
    using again = openDecodedMap({ id: map.info().id });
    expect((await Array.fromAsync(again.entries())).length).toBe(2);
  });

  it("reads what a program wrote", async () => {
    using object = await load();
    const [jobs, seen] = ["jobs", "seen"].map((name) => object.rawMap(name));
    const none = new Uint8Array(0);
    jobs?.set(none, key);
    await object.program("work").testRun({ data: new Uint8Array(64) });
    expect(object.decodedMap("shapes").get(1)).toMatchObject({
      area: 1n,
      port: 443,
      small: -3,
      name: "job",
      colour: 2,
    });
    const filter = object.bloomFilter({
      name: "seen",
      type: "bloom_filter",
      maxEntries: 64,
      flags: 0,
      value: u32,
    });
    expect([filter.mightContain(1), filter.mightContain(2)]).toEqual([true, false]);
    expect(seen?.type).toBe("bloom_filter");
  });

  it("takes 64 bits as numbers too, and has a value per CPU", async () => {
    using object = await load();
    const [map, hits] = [object.decodedMap("shapes"), object.decodedMap("hits")];
    map.set(1, { ...shape, area: 6 });
    expect(map.get(1)).toMatchObject({ area: 6n });
    const values = hits.get(0);
    expect(values).toEqual(Array.from({ length: sizeOf(values) }, () => 0));
  });

  it.each([
    ["a missing field", { ...shape, area: undefined }, "field area is missing"],
    ["an unknown field", { ...shape, volume: 1 }, "it has no field volume"],
    ["a number that does not fit", { ...shape, small: 16 }, "16 does not fit"],
    ["another kind of value", { ...shape, name: 1 }, "found 1"],
    ["too few elements", { ...shape, corners: [1] }, "1 values were given"],
  ])("refuses %s", async (_, wrong, reason) => {
    using object = await load();
    const map = object.decodedMap("shapes");
    const defined = Object.fromEntries(
      Object.entries(wrong).flatMap(([name, each]) => (each === undefined ? [] : [[name, each]])),
    );
    expect(thrown(() => map.set(1, defined))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining(reason),
    });
  });

  it("needs type information", async () => {
    using map = await createMap(plain);
    expect(thrown(() => openDecodedMap({ id: map.info().id }))).toMatchObject({
      code: "incompatible-map",
      reason: expect.stringContaining("without type information"),
    });
  });
});

function sizeOf(list: unknown): number {
  return Array.isArray(list) ? list.length : -1;
}
