import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadObject } from "./load-object.ts";
import { ringBufferContract } from "./map-contract.ts";
import type { KernelRingBuffer } from "./map-types.ts";
import type { LoadedObject } from "./object-types.ts";
import { type RecordCodec, recordView } from "./record-codec.ts";
import { openRingBuffer } from "./ring-buffer.ts";
import { ringBufferEvents } from "./ring-buffer-events.ts";
import { firstNumber } from "./testing/buffers.ts";
import { compileCounter, type Sample } from "./testing/counter.ts";
import { thrown } from "./testing/thrown.ts";

const counter = compileCounter();
/** Each record takes 16 of the 65536 bytes; the kernel leaves one byte free. */
const capacity = 4095n;
const packet = new Uint8Array(64);

let object: LoadedObject;
let map: KernelRingBuffer<Sample>;

beforeEach(async () => {
  object = await loadObject(counter.object, counter.bytes);
  map = object.ringBuffer(counter.events);
});

afterEach(() => object.close());

/** Runs the program that sends one event per run, with `mark` 0 and the packet's length. */
async function send(count = 1, length = 64): Promise<void> {
  const program = object.program("observe");
  await program.testRun({ data: new Uint8Array(length), repeat: count });
}

function unexpected(what: unknown): never {
  throw new Error("this should not have been called", { cause: what });
}

describe("in the kernel", () => {
  it.each(ringBufferContract)("$name", async ({ run }) => {
    const running = run(() => ({
      buffer: object.ringBuffer({ ...counter.events, event: firstNumber }),
      send: (event, count = 1) => send(count, event),
      async sendOther() {
        await object.program("send_wrong_size").testRun({ data: packet });
      },
      lost: () => Number(object.perCpuMap(counter.counters).fold(1, (sum, each) => sum + each, 0n)),
    }));
    await expect(running).resolves.toBeUndefined();
  });
});

describe("a reader of a ring buffer", () => {
  it("delivers events in order and in batches", async () => {
    const batches: (readonly Sample[])[] = [];
    using reader = openRingBuffer(map, {
      onEvents: (events) => void batches.push(events),
      onError: unexpected,
    });
    reader.pause();
    await send(100, 64);
    await send(100, 80);
    reader.resume();
    await vi.waitFor(() => {
      expect(batches.flat().length).toBe(200);
    });
    expect(batches.length).toBe(1);
    expect(batches.flat().map(({ length }) => length)).toEqual([
      ...Array.from({ length: 100 }, () => 64),
      ...Array.from({ length: 100 }, () => 80),
    ]);
  });

  it("hands out the bytes of a batch without a copy of each event", async () => {
    const batches: (readonly Uint8Array[])[] = [];
    using reader = openRingBuffer(object.ringBuffer({ ...counter.events, event: recordView }), {
      onEvents: (events) => void batches.push(events),
      onError: unexpected,
    });
    reader.pause();
    await send(2);
    reader.resume();
    await vi.waitFor(() => {
      expect(batches.length).toBe(1);
    });
    await send(1, 80);
    await vi.waitFor(() => {
      expect(batches.length).toBe(2);
    });
    const [[first, second] = [], [third] = []] = batches;
    expect(first?.buffer).toBe(second?.buffer);
    // What came later is not written over it.
    expect(first?.buffer).not.toBe(third?.buffer);
    expect([first, second, third].map((bytes) => bytes?.[0])).toEqual([64, 64, 80]);
  });

  it("delivers what was there before it was opened", async () => {
    await send(3);
    const events: Sample[] = [];
    using _reader = openRingBuffer(map, {
      onEvents: (batch) => void events.push(...batch),
      onError: unexpected,
    });
    await vi.waitFor(() => {
      expect(events.length).toBe(3);
    });
  });

  it("reports what a callback throws, and goes on", async () => {
    const errors: Error[] = [];
    let delivered = 0;
    using _reader = openRingBuffer(map, {
      onEvents: (events) => {
        delivered += events.length;
        throw new Error(`at ${String(delivered)}`);
      },
      onError: (error) => void errors.push(error),
    });
    await send();
    await vi.waitFor(() => {
      expect(errors.map(({ message }) => message)).toEqual(["at 1"]);
    });
    await send(2);
    await vi.waitFor(() => {
      expect(delivered).toBe(3);
    });
  });

  it("reports a record that is no event, and delivers those around it", async () => {
    const errors: Error[] = [];
    const events: Sample[] = [];
    using reader = openRingBuffer(map, {
      onEvents: (batch) => void events.push(...batch),
      onError: (error) => void errors.push(error),
    });
    reader.pause();
    await send(1, 64);
    await object.program("send_wrong_size").testRun({ data: packet });
    await send(1, 80);
    reader.resume();
    await vi.waitFor(() => {
      expect(events.map(({ length }) => length)).toEqual([64, 80]);
    });
    expect(errors).toEqual([
      expect.objectContaining({
        code: "incompatible-map",
        subject: "ring buffer events",
        reason: "a record has 3 bytes, an event 8",
      }),
    ]);
  });

  it("reports an event that its codec does not take", async () => {
    const errors: Error[] = [];
    const fault = new Error("no such kind");
    const decode = () => {
      throw fault;
    };
    const spec = { ...counter.events, event: { ...counter.events.event, decode } };
    using _reader = openRingBuffer(object.ringBuffer(spec), {
      onEvents: unexpected,
      onError: (error) => void errors.push(error),
    });
    await send(2);
    await vi.waitFor(() => {
      expect(errors).toEqual([fault, fault]);
    });
  });

  it("reads records of several sizes by a codec for whole records", async () => {
    const event: RecordCodec<string> = {
      encodeRecord: () => new Uint8Array(),
      decodeRecord: (bytes) => (bytes.length === 8 ? "sample" : `${String(bytes.length)} bytes`),
    };
    const events: string[] = [];
    using _reader = openRingBuffer(object.ringBuffer({ ...counter.events, event }), {
      onEvents: (batch) => void events.push(...batch),
      onError: unexpected,
    });
    await send();
    await object.program("send_wrong_size").testRun({ data: packet });
    await vi.waitFor(() => {
      expect(events).toEqual(["sample", "3 bytes"]);
    });
  });

  it("leaves events where they are while it pauses", async () => {
    const events: Sample[] = [];
    using reader = openRingBuffer(map, {
      onEvents: (batch) => void events.push(...batch),
      onError: unexpected,
    });
    reader.pause();
    await send(5);
    expect(events).toEqual([]);
    reader.resume();
    await vi.waitFor(() => {
      expect(events.length).toBe(5);
    });
  });

  it("delivers the rest when it is closed, and nothing after", async () => {
    const events: Sample[] = [];
    const reader = openRingBuffer(map, {
      onEvents: (batch) => void events.push(...batch),
      onError: unexpected,
    });
    reader.pause();
    await send(4000);
    reader.close();
    reader.close();
    expect(events.length).toBe(4000);
    expect(reader.closed).toBe(true);
    reader.resume();
    await send();
    expect(events.length).toBe(4000);
  });

  it("can be closed by its own callback", async () => {
    const events: Sample[] = [];
    const reader = openRingBuffer(map, {
      onEvents: (batch) => {
        events.push(...batch);
        reader.close();
      },
      onError: unexpected,
    });
    reader.pause();
    await send(3);
    reader.resume();
    await vi.waitFor(() => {
      expect(reader.closed).toBe(true);
    });
    expect(events.length).toBe(3);
  });

  it("outlives the handle of its map", async () => {
    const events: Sample[] = [];
    using _reader = openRingBuffer(map, {
      onEvents: (batch) => void events.push(...batch),
      onError: unexpected,
    });
    map.close();
    await send();
    await vi.waitFor(() => {
      expect(events.length).toBe(1);
    });
    const reopen = () => openRingBuffer(map, { onEvents: unexpected, onError: unexpected });
    expect(thrown(reopen)).toMatchObject({ code: "handle-closed" });
  });

  it("lets the program find no room when nobody reads", async () => {
    await send(5000);
    const lost = object.perCpuMap(counter.counters).fold(1, (sum, each) => sum + each, 0n);
    expect(lost).toBe(5000n - capacity);
  });
});

describe("an event loop", () => {
  const folder = mkdtempSync(join(tmpdir(), "hdt-ring-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("ends although a reader is open", () => {
    writeFileSync(join(folder, "counter.bpf.o"), counter.bytes);
    const index = fileURLToPath(new URL("index.ts", import.meta.url));
    writeFileSync(
      join(folder, "reader.mjs"),
      `
      import { openObject, openRingBuffer, u64 } from ${JSON.stringify(index)};
      const file = await openObject(${JSON.stringify(join(folder, "counter.bpf.o"))});
      const object = await file.load();
      const spec = { name: "events", type: "ringbuf", maxEntries: 65536, flags: 0, event: u64, layout: "" };
      const reader = openRingBuffer(object.ringBuffer(spec), { onEvents() {}, onError() {} });
      process.stdout.write("open");
    `,
    );
    const { stdout, status } = spawnSync(process.execPath, [join(folder, "reader.mjs")], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect({ stdout, status }).toEqual({ stdout: "open", status: 0 });
  });
});

describe("the events of a ring buffer", () => {
  it("are iterated, and reading ends with the loop", async () => {
    const marks: number[] = [];
    await send(2);
    const events = ringBufferEvents(map, { onError: unexpected });
    const sending = send(3, 80);
    for await (const { length } of events) {
      marks.push(length);
      if (marks.length === 5) break;
    }
    await sending;
    expect(marks).toEqual([64, 64, 80, 80, 80]);
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });

  it("wait in the ring buffer when nobody takes them", async () => {
    await using events = ringBufferEvents(map, { onError: unexpected, maxQueued: 10 });
    // More than the ring buffer holds, and a batch beside it.
    await send(8000);
    const lost = object.perCpuMap(counter.counters).fold(1, (sum, each) => sum + each, 0n) ?? 0n;
    expect(lost).toBeGreaterThan(0n);
    const kept = 8000 - Number(lost);
    let taken = 0;
    for await (const _event of events) {
      taken += 1;
      if (taken === kept) break;
    }
    expect(taken).toBe(kept);
  });

  it("end for those who wait when it is closed", async () => {
    const events = ringBufferEvents(map, { onError: unexpected });
    const waiting = events.next();
    await events[Symbol.asyncDispose]();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});
