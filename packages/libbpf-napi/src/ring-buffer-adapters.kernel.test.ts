import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadObject } from "./load-object.ts";
import type { KernelRingBuffer } from "./map-types.ts";
import type { LoadedObject } from "./object-types.ts";
import { openRingBuffer } from "./ring-buffer.ts";
import { ringBufferObservable, ringBufferStream } from "./ring-buffer-adapters.ts";
import { compileCounter, type Sample } from "./testing/counter.ts";

const counter = compileCounter();

let object: LoadedObject;
let map: KernelRingBuffer<Sample>;

beforeEach(async () => {
  object = await loadObject(counter.object, counter.bytes);
  map = object.ringBuffer(counter.events);
});

afterEach(() => object.close());

async function send(count: number, length = 64): Promise<void> {
  await object.program("observe").testRun({ data: new Uint8Array(length), repeat: count });
}

function unexpected(what: unknown): never {
  throw new Error("this should not have been called", { cause: what });
}

describe("the stream of a ring buffer", () => {
  it("has its events, and stops reading when it is cancelled", async () => {
    const stream = ringBufferStream(map, { onError: unexpected });
    await send(3, 80);
    const lengths: number[] = [];
    for await (const { length } of stream) {
      lengths.push(length);
      if (lengths.length === 3) break;
    }
    expect(lengths).toEqual([80, 80, 80]);
    // The next reader finds what comes after.
    await send(1);
    const events: Sample[] = [];
    using _reader = openRingBuffer(map, {
      onEvents: (batch) => void events.push(...batch),
      onError: unexpected,
    });
    await vi.waitFor(() => {
      expect(events.length).toBe(1);
    });
  });

  it("is piped through others", async () => {
    const stream = ringBufferStream(map, { onError: unexpected });
    const doubled = stream.pipeThrough(
      new TransformStream<Sample, number>({
        transform: ({ length }, controller) => controller.enqueue(length * 2),
      }),
    );
    await send(1);
    const reader = doubled.getReader();
    expect(await reader.read()).toEqual({ value: 128, done: false });
    await reader.cancel();
  });
});

describe("the observable of a ring buffer", () => {
  it("tells all observers, and reads while there are some", async () => {
    const events$ = ringBufferObservable(map, { onError: unexpected });
    await send(1);
    const [first, second]: [number[], number[]] = [[], []];
    const one = events$.subscribe(({ length }) => void first.push(length));
    const two = events$.subscribe({ next: ({ length }) => void second.push(length) });
    await vi.waitFor(() => {
      expect([first, second]).toEqual([[64], [64]]);
    });
    one.unsubscribe();
    one.unsubscribe();
    await send(1, 80);
    await vi.waitFor(() => {
      expect(second).toEqual([64, 80]);
    });
    two.unsubscribe();
    await send(1, 96);
    const three = events$.subscribe(({ length }) => void first.push(length));
    await vi.waitFor(() => {
      expect(first).toEqual([64, 96]);
    });
    three.unsubscribe();
  });

  it("is what libraries of observables look for", () => {
    const events$ = ringBufferObservable(map, { onError: unexpected });
    const interop: unknown = Reflect.get(events$, "@@observable");
    expect(typeof interop === "function" && interop()).toBe(events$);
  });

  it("reports what an observer throws, and tells the others", async () => {
    const errors: Error[] = [];
    const events$ = ringBufferObservable(map, { onError: (error) => void errors.push(error) });
    let told = 0;
    const bad = events$.subscribe(() => unexpected("event"));
    const good = events$.subscribe(() => void (told += 1));
    await send(2);
    await vi.waitFor(() => {
      expect([errors.length, told]).toEqual([2, 2]);
    });
    bad.unsubscribe();
    good.unsubscribe();
  });
});

describe("the losses of a ring buffer", () => {
  it("are told as the program counts them", async () => {
    const counters = object.perCpuMap(counter.counters);
    const countLost = (): bigint => counters.fold(1, (sum, each) => sum + each, 0n) ?? 0n;
    let [delivered, lost] = [0, 0n];
    using reader = openRingBuffer(map, {
      onEvents: (events) => void (delivered += events.length),
      onError: unexpected,
      countLost,
      onLost: (count) => void (lost += count),
    });
    reader.pause();
    await send(5000);
    reader.resume();
    await vi.waitFor(() => {
      expect(BigInt(delivered) + lost).toBe(5000n);
    });
    expect([lost, countLost()]).toEqual([905n, 905n]);
  });
});
