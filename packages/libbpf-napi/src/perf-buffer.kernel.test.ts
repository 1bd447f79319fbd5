import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { u64 } from "./codecs.ts";
import { openObject } from "./object.ts";
import type { LoadedObject } from "./object-types.ts";
import { createPerfBuffer, openPerfBuffer } from "./perf-buffer.ts";
import type { PerfBufferSpec } from "./perf-buffer-types.ts";
import { openPinnedPerfBuffer } from "./pinned-map.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { numberedEvent, type NumberedEvent } from "./testing/buffers.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { thrown } from "./testing/thrown.ts";

const spec: PerfBufferSpec<NumberedEvent> = {
  name: "perf_events",
  type: "perf_event_array",
  maxEntries: 0,
  flags: 0,
  event: numberedEvent,
};

let bytes: Uint8Array;
let object: LoadedObject;

beforeAll(() => {
  bytes = compileFixture("buffers");
});

beforeEach(async () => {
  using file = await openObject(bytes, { name: "buffers" });
  object = await file.load();
});

afterEach(() => object.close());

async function send(count: number): Promise<void> {
  await object.program("send").testRun({ data: new Uint8Array(64), repeat: count });
}

function unexpected(what: unknown): never {
  throw new Error("this should not have been called", { cause: what });
}

describe("a reader of a perf buffer", () => {
  it("delivers events with their CPU", async () => {
    const found = new Map<number, NumberedEvent[]>();
    using _reader = openPerfBuffer(object.perfBuffer(spec), {
      onEvents: (events, cpu) => found.set(cpu, [...(found.get(cpu) ?? []), ...events]),
      onLost: unexpected,
      onError: unexpected,
    });
    await send(100);
    await vi.waitFor(() => {
      expect([...found.values()].flat().length).toBe(100);
    });
    const numbers = [...found.values()].flat().map(({ number }) => number);
    expect(numbers.toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
    expect([...found.values()].flat().every(({ length }) => length === 64)).toBe(true);
  });

  it("delivers by a pin of it", async () => {
    using pins = createBpffsFolder();
    object.perfBuffer(spec).pin(pins.path("events"));
    using map = openPinnedPerfBuffer(pins.path("events"), spec);
    let delivered = 0;
    using _reader = openPerfBuffer(map, {
      onEvents: (events) => void (delivered += events.length),
      onLost: unexpected,
      onError: unexpected,
    });
    await send(2);
    await vi.waitFor(() => {
      expect(delivered).toBe(2);
    });
  });

  it("tells how many events were lost, so that none is unaccounted for", async () => {
    let [delivered, lost] = [0, 0];
    using reader = openPerfBuffer(object.perfBuffer(spec), {
      onEvents: (events) => void (delivered += events.length),
      onLost: (count) => void (lost += Number(count)),
      onError: unexpected,
      pagesPerCpu: 1,
    });
    reader.pause();
    await send(1000);
    reader.resume();
    await vi.waitFor(() => {
      expect(delivered).toBeGreaterThan(0);
    });
    let sent = 1000;
    // The kernel tells of losses with the next event that finds room on that CPU.
    await vi.waitFor(
      async () => {
        sent += 4;
        // On several threads, which the CPUs share.
        await Promise.all([send(1), send(1), send(1), send(1)]);
        expect(lost).toBeGreaterThan(0);
      },
      { timeout: 15_000 },
    );
    await vi.waitFor(() => {
      expect(delivered + lost).toBe(sent);
    });
    expect(lost).toBe(object.variable(object.findVariable("failed")).get());
  });

  it("reports what a callback throws and what is no event, and goes on", async () => {
    const errors: Error[] = [];
    let calls = 0;
    using _reader = openPerfBuffer(object.perfBuffer(spec), {
      onEvents: () => {
        calls += 1;
        throw new Error("thrown by a callback");
      },
      onLost: unexpected,
      onError: (error) => void errors.push(error),
    });
    await send(1);
    await vi.waitFor(() => {
      expect(errors.map(({ message }) => message)).toEqual(["thrown by a callback"]);
    });
    await send(1);
    await vi.waitFor(() => {
      expect(calls).toBe(2);
    });
  });

  it("refuses records of another size", async () => {
    const errors: Error[] = [];
    const wide = { ...numberedEvent, size: 24 };
    using _reader = openPerfBuffer(object.perfBuffer({ ...spec, event: wide }), {
      onEvents: unexpected,
      onLost: unexpected,
      onError: (error) => void errors.push(error),
    });
    await send(1);
    await vi.waitFor(() => {
      expect(errors).toEqual([expect.objectContaining({ code: "incompatible-map" })]);
    });
  });

  it("delivers what is left when it is closed, and stops", async () => {
    const events: NumberedEvent[] = [];
    const reader = openPerfBuffer(object.perfBuffer(spec), {
      onEvents: (batch) => void events.push(...batch),
      onLost: unexpected,
      onError: unexpected,
    });
    reader.pause();
    await send(3);
    reader.close();
    reader.close();
    reader.resume();
    expect([reader.closed, events.length]).toEqual([true, 3]);
  });

  it("is followed by another one at once, whose every event arrives", async () => {
    const map = object.perfBuffer(spec);
    for (let round = 0; round < 20; round++) {
      let delivered = 0;
      using _reader = openPerfBuffer(map, {
        onEvents: (events) => void (delivered += events.length),
        onLost: unexpected,
        onError: unexpected,
      });
      for (let sent = 1; sent <= 5; sent++) {
        await send(1);
        await vi.waitFor(() => {
          expect(delivered).toBe(sent);
        });
      }
    }
    expect(object.variable(object.findVariable("failed")).get()).toBe(0);
  });

  it("is made without an object, and refuses odd sizes", async () => {
    using map = await createPerfBuffer({ ...spec, event: u64 });
    expect(map.info().type).toBe("perf_event_array");
    const options = { onEvents: unexpected, onLost: unexpected, onError: unexpected };
    expect(thrown(() => openPerfBuffer(map, { ...options, pagesPerCpu: 3 }))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("power of two"),
    });
  });
});
