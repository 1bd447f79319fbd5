import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { u32, u64 } from "./codecs.ts";
import { createMap } from "./kernel-map.ts";
import { loadObject } from "./load-object.ts";
import { openObject } from "./object.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { compileCounter, type Counter } from "./testing/counter.ts";
import { thrown } from "./testing/thrown.ts";

let counter: Counter;
let folder: string;

beforeAll(() => {
  counter = compileCounter();
  folder = mkdtempSync(join(tmpdir(), "hdt-load-"));
  writeFileSync(join(folder, "counter.bpf.o"), counter.bytes);
});

afterAll(() => rmSync(folder, { recursive: true }));

const packet = new Uint8Array(64);

describe("maps that are renamed", () => {
  const renameMaps = { samples: "samples_of_eth0", events: "seen" };

  it("have their new names here and in the kernel, and the program uses them", async () => {
    const before = Uint8Array.from(counter.bytes);
    await using file = await openObject(counter.bytes, { renameMaps });
    expect(counter.bytes).toEqual(before);
    expect(file.maps.map(({ name }) => name).toSorted()).toEqual([
      "counters",
      "samples_of_eth0",
      "seen",
    ]);
    file.resizeMap("samples_of_eth0", 100);
    await using object = await file.load();
    const samples = object.map({ ...counter.samples, name: "samples_of_eth0", maxEntries: 100 });
    expect(samples.info()).toMatchObject({ name: "samples_of_eth0", maxEntries: 100 });
    await object.program("observe").testRun({ data: packet, context: { mark: 5 } });
    expect(samples.get(5)).toEqual({ length: 64, mark: 5 });
    // Its types are known to the kernel as before.
    expect(object.decodedMap("samples_of_eth0").get(5)).toEqual({ length: 64, mark: 5 });
    expect(thrown(() => object.map(counter.samples))).toMatchObject({ code: "no-such-member" });
  });

  it.each([
    ["that the object lacks", { absent: "other" }, "no-such-member", "it defines no map absent"],
    ["to a name that is too long", { samples: "sixteen_letters_" }, "invalid-argument", "1 to 15"],
    ["to the name of another", { samples: "counters" }, "invalid-argument", "the name already"],
    ["to one name", { samples: "same", events: "same" }, "invalid-argument", "the name already"],
  ])("are refused %s", async (_, names, code, reason) => {
    await expect(openObject(counter.bytes, { renameMaps: names })).rejects.toMatchObject({
      code,
      reason: expect.stringContaining(reason),
    });
  });
});

describe("loadObject", () => {
  it("loads from bytes and from a path, with typed maps and programs", async () => {
    for (const source of [counter.bytes, join(folder, "counter.bpf.o")]) {
      using object = await loadObject(counter.object, source);
      const observe = object.program("observe");
      await observe.testRun({ data: packet, context: { mark: 5 } });
      expect(object.map(counter.samples).get(5)).toEqual({ length: 64, mark: 5 });
      expect(object.perCpuMap(counter.counters).fold(0, (sum, each) => sum + each, 0n)).toBe(1n);
      expect(object.ringBuffer(counter.events).info().type).toBe("ringbuf");
    }
  });

  it("applies settings, which then stay", async () => {
    const settings = { markWith: 99, drop: true };
    using object = await loadObject(counter.object, counter.bytes, { settings });
    const run = await object.program("observe").testRun({ data: packet, context: {} });
    expect(run.context?.mark).toBe(99);
    expect(run.returnValue).toBe(2); // TCX_DROP
  });

  it("keeps what C says of settings that are left out", async () => {
    using object = await loadObject(counter.object, counter.bytes, { settings: { burst: 0 } });
    const run = await object.program("observe").testRun({ data: packet, context: {} });
    expect(run.context?.mark).toBe(7);
    expect(run.returnValue).toBe(-1); // TCX_NEXT
  });

  it("resizes maps", async () => {
    const maps = { samples: { maxEntries: 100 }, events: { maxEntries: 1 << 20 } };
    using object = await loadObject(counter.object, counter.bytes, { maps });
    const samples = object.map(counter.samples);
    expect(samples.info().maxEntries).toBe(100);
    expect(samples.maxEntries).toBe(100);
    expect(samples.spec.maxEntries).toBe(100);
    expect(object.ringBuffer(counter.events).info().maxEntries).toBe(1 << 20);
  });

  it("uses a map that is open already", async () => {
    using samples = await createMap(counter.samples);
    const maps = { samples: { reuse: samples } };
    using object = await loadObject(counter.object, counter.bytes, { maps });
    await object.program("observe").testRun({ data: packet, context: { mark: 3 } });
    expect(samples.get(3)).toEqual({ length: 64, mark: 3 });
  });

  it("refuses an open map that is not like the defined one", async () => {
    using samples = await createMap({ ...counter.samples, maxEntries: 9 });
    const maps = { samples: { reuse: samples } };
    await expect(loadObject(counter.object, counter.bytes, { maps })).rejects.toMatchObject({
      code: "incompatible-map",
      reason: "max entries: wanted 8, found 9",
    });
  });

  it("loads the chosen programs only", async () => {
    using object = await loadObject(counter.object, counter.bytes, { programs: ["pass"] });
    expect(object.program("pass").info().name).toBe("pass");
    expect(thrown(() => object.program("observe"))).toMatchObject({
      code: "no-such-member",
      reason: "it loaded no such program, but pass",
    });
  });

  it("misses what the spec names and the file lacks", async () => {
    const spec = {
      ...counter.object,
      programs: { other: { name: "other", section: "tc" } },
      maps: ["samples", "absent"],
    };
    await expect(loadObject(spec, counter.bytes)).rejects.toMatchObject({
      code: "no-such-member",
      subject: "counter",
      reason: "the file lacks program other, map absent",
    });
  });
});

describe("a loaded object", () => {
  it.each([
    ["type", { type: "lru_hash" }, "type: wanted lru_hash, found hash"],
    ["entries", { maxEntries: 7 }, "max entries: wanted 7, found 8"],
    ["flags", { flags: 1 }, "flags: wanted 0x1, found 0x0"],
  ] as const)("refuses a spec with another %s", async (_, change, reason) => {
    using object = await loadObject(counter.object, counter.bytes);
    expect(thrown(() => object.map({ ...counter.samples, ...change }))).toMatchObject({
      code: "incompatible-map",
      subject: "object counter",
      reason,
    });
  });

  it("refuses a spec with other sizes, or of a map that it lacks", async () => {
    using object = await loadObject(counter.object, counter.bytes);
    const { key, value } = counter.samples;
    const swapped = { ...counter.samples, key: value, value: key };
    expect(thrown(() => object.map(swapped))).toMatchObject({
      reason: "key size: wanted 8, found 4",
    });
    expect(thrown(() => object.map({ ...counter.samples, value: key }))).toMatchObject({
      reason: "value size: wanted 4, found 8",
    });
    expect(thrown(() => object.map({ ...counter.samples, name: "nope" }))).toMatchObject({
      code: "no-such-member",
      reason: expect.stringContaining("samples"),
    });
  });

  it("closes what it gave out", async () => {
    const object = await loadObject(counter.object, counter.bytes);
    const [map, program] = [object.map(counter.samples), object.program("pass")];
    object.close();
    object.close();
    expect([map.closed, program.closed]).toEqual([true, true]);
    expect(thrown(() => object.map(counter.samples))).toMatchObject({ code: "handle-closed" });
    expect(thrown(() => program.info())).toMatchObject({ code: "handle-closed" });
    const running = program.testRun({ data: packet });
    await expect(running).rejects.toMatchObject({ code: "handle-closed" });
  });

  it("takes specs that leave out what it says of its maps", async () => {
    using file = await openObject(counter.bytes, { name: "counter" });
    file.resizeMap("samples", 3);
    using object = await file.load();
    const { key, value } = counter.samples;
    const samples = object.map({ name: "samples", type: "hash", key, value });
    expect(samples.spec).toMatchObject({ maxEntries: 3, flags: 0, layout: "" });
    const counters = { name: "counters", type: "percpu_array", key: u32, value: u64 } as const;
    expect(object.perCpuMap(counters).spec.maxEntries).toBe(2);
    const { event } = counter.events;
    const events = object.ringBuffer({ name: "events", type: "ringbuf", event });
    expect(events.spec.maxEntries).toBe(1 << 16);
    expect(thrown(() => object.map({ name: "samples", type: "array", key, value }))).toMatchObject({
      code: "incompatible-map",
      reason: "type: wanted array, found hash",
    });
    expect(thrown(() => object.map({ name: "absent", type: "hash", key, value }))).toMatchObject({
      code: "no-such-member",
    });
  });

  it("belongs to its file no more", async () => {
    using file = await openObject(counter.bytes, { name: "counter" });
    using object = await file.load();
    expect(thrown(() => file.resizeMap("samples", 1))).toMatchObject({ code: "invalid-state" });
    await expect(file.load()).rejects.toMatchObject({ code: "invalid-state" });
    file.close();
    expect(object.map(counter.samples).get(1)).toBeUndefined();
  });
});

describe("pinned maps of an object", () => {
  it("are made by the first, and used by the next", async () => {
    using pins = createBpffsFolder();
    const maps = { samples: { pin: pins.path("samples") } };
    {
      using first = await loadObject(counter.object, counter.bytes, { maps });
      first.map(counter.samples).set(1, { length: 2, mark: 3 });
      expect(pins.list()).toEqual(["samples"]);
    }
    using second = await loadObject(counter.object, counter.bytes, { maps });
    expect(second.map(counter.samples).get(1)).toEqual({ length: 2, mark: 3 });
  });

  it.each([
    ["a smaller size", { samples: { maxEntries: 9 } }, [], "max entries: wanted 9, found 8"],
    ["a larger size", { samples: { maxEntries: 4 } }, [], "max entries: wanted 4, found 8"],
    [
      "another layout of the same size",
      { samples: {} },
      ["-Dlength=octets"],
      "value: field `octets` at offset 0: wanted u32, found",
    ],
  ])("of %s are refused, by field", async (_, change, flags, reason) => {
    using pins = createBpffsFolder();
    const path = pins.path("samples");
    using _first = await loadObject(counter.object, counter.bytes, {
      maps: { samples: { pin: path } },
    });
    const other = compileFixture("counter", ...flags);
    const maps = { samples: { ...change.samples, pin: path } };
    await expect(loadObject(counter.object, other, { maps })).rejects.toMatchObject({
      code: "incompatible-pin",
      subject: path,
      reason: expect.stringContaining(reason),
    });
  });

  it("need a BPF file system", async () => {
    const maps = { samples: { pin: join(folder, "samples") } };
    await expect(loadObject(counter.object, counter.bytes, { maps })).rejects.toMatchObject({
      code: "not-bpffs",
      reason: `${folder} is not in a BPF file system`,
    });
  });

  it("leave nothing when one of them cannot be pinned", async () => {
    using pins = createBpffsFolder();
    using file = await openObject(counter.bytes, { name: "counter" });
    file.pinMap("samples", pins.path("samples"));
    file.pinMap("counters", pins.path("counters"));
    using blocking = await createMap(counter.samples);
    blocking.pin(pins.path("counters"));
    await expect(file.load()).rejects.toMatchObject({
      code: "pin-exists",
      subject: pins.path("counters"),
    });
    expect(pins.list()).toEqual(["counters"]);
  });
});

describe("the event loop", () => {
  it("turns while an object is loaded", async () => {
    using file = await openObject(counter.bytes);
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    using _object = await file.load();
    clearImmediate(next);
    expect(turns).toBeGreaterThan(0);
  });
});
