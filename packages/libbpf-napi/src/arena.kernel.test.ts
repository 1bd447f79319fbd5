import { beforeAll, describe, expect, it, vi } from "vitest";
import { type ArenaSpec, createArena } from "./arena.ts";
import { u64 } from "./codecs.ts";
import { mapMemory } from "./mapped-memory.ts";
import { openObject } from "./object.ts";
import type { LoadedObject } from "./object-types.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { lacksMapType } from "./testing/map-type.ts";
import { rejected, thrown } from "./testing/thrown.ts";

const spec: ArenaSpec = { name: "arena", type: "arena", maxEntries: 16, flags: 0x400 };
const segvOnFault = 1 << 17;

let bytes: Uint8Array;

beforeAll(() => {
  bytes = compileFixture("arena");
});

async function load(): Promise<LoadedObject> {
  using file = await openObject(bytes, { name: "arena" });
  return await file.load();
}

async function count(object: LoadedObject): Promise<void> {
  await object.program("count").testRun({ data: new Uint8Array(64) });
}

describe.skipIf(lacksMapType("arena"))("an arena (needs arena maps, Linux 6.9)", () => {
  it("is memory that programs and this process share", async () => {
    using object = await load();
    const { bytes: memory } = object.arena(spec).memory();
    expect(memory.length).toBe(16 * 4096);
    const view = new DataView(memory.buffer);
    await count(object);
    expect(u64.decode(view, 0)).toBe(1n);
    u64.encode(41n, view, 0);
    await count(object);
    expect(u64.decode(view, 0)).toBe(42n);
  });

  it("takes pointers into pages that nobody used yet", async () => {
    using object = await load();
    const arena = object.arena(spec);
    const view = new DataView(arena.memory().bytes.buffer);
    u64.encode(0n, view, 8192);
    object.variable(object.findVariable("chosen")).set(arena.address() + 8192n);
    await count(object);
    expect(u64.decode(view, 8192)).toBe(1n);
  });

  it("is empty once its object is closed, and survives elsewhere", async () => {
    const object = await load();
    const memory = object.arena(spec).memory();
    await count(object);
    const moved = new DataView(memory.bytes.buffer.transfer());
    object.close();
    expect([memory.closed, memory.bytes.length]).toEqual([true, 0]);
    expect(u64.decode(moved, 0)).toBe(1n);
    expect(thrown(() => object.arena(spec))).toMatchObject({ code: "handle-closed" });
  });

  it("is opened again after its memory was closed", async () => {
    using object = await load();
    const arena = object.arena(spec);
    await count(object);
    arena.memory().close();
    expect(u64.decode(new DataView(arena.memory().bytes.buffer), 0)).toBe(1n);
  });

  it("is made without an object, and is in memory once", async () => {
    using arena = await createArena(spec);
    const memory = arena.memory();
    memory.bytes[5000] = 7;
    expect(arena.memory()).toBe(memory);
    expect(arena.address() % 4096n).toBe(0n);
    expect(arena.info().type).toBe("arena");
    expect(thrown(() => mapMemory(arena))).toMatchObject({ code: "invalid-argument" });
    memory.close();
    // Unmapped in one of the next turns; it then lies elsewhere, which the kernel refuses.
    await vi.waitFor(() => {
      expect(thrown(() => arena.memory())).toMatchObject({ code: "invalid-state" });
    });
  });

  it("is not mapped where touching it could end the process", async () => {
    using arena = await createArena({ ...spec, flags: spec.flags | segvOnFault });
    expect(thrown(() => arena.memory())).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("BPF_F_SEGV_ON_FAULT"),
    });
  });
});

describe.runIf(lacksMapType("arena"))("without arenas", () => {
  it("they are told to need Linux 6.9", async () => {
    const unsupported = { code: "unsupported-feature", sinceKernel: "6.9" };
    expect(await rejected(() => createArena(spec))).toMatchObject(unsupported);
    await expect(load()).rejects.toMatchObject(unsupported);
  });
});
