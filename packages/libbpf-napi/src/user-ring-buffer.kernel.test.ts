import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeToBytes } from "./codec.ts";
import { bytes as bytesOf, u64 } from "./codecs.ts";
import { userRingBufferContract } from "./map-contract.ts";
import { openObject } from "./object.ts";
import type { LoadedObject } from "./object-types.ts";
import { openPinnedUserRingBuffer } from "./pinned-map.ts";
import { wholeRecord } from "./record-codec.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { firstNumber, numberedEvent, type NumberedEvent } from "./testing/buffers.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { thrown } from "./testing/thrown.ts";
import {
  createUserRingBuffer,
  openUserRingBuffer,
  type UserRingBufferSpec,
} from "./user-ring-buffer.ts";

const spec: UserRingBufferSpec<NumberedEvent> = {
  name: "commands",
  type: "user_ringbuf",
  maxEntries: 4096,
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

const eventOf = (number: number): NumberedEvent => ({ number, length: 1 });

async function drain(): Promise<number> {
  return (await object.program("drain").testRun({ data: new Uint8Array(64) })).returnValue;
}

function sum(): unknown {
  return object.variable(object.findVariable("sum")).get();
}

describe("in the kernel", () => {
  it.each(userRingBufferContract)("$name", async ({ run }) => {
    const total = object.variable<bigint>({ ...object.findVariable("sum"), codec: u64 });
    const running = run(() => ({
      buffer: object.userRingBuffer({ ...spec, event: firstNumber }),
      async drain() {
        const before = total.get();
        return { count: await drain(), sum: Number(total.get() - before) };
      },
    }));
    await expect(running).resolves.toBeUndefined();
  });
});

describe("a writer of a user ring buffer", () => {
  it("sends events to a program", async () => {
    using writer = openUserRingBuffer(object.userRingBuffer(spec));
    expect([1, 2, 3].map((number) => writer.send(eventOf(number)))).toEqual([true, true, true]);
    expect([await drain(), sum()]).toEqual([3, 6n]);
    expect(await drain()).toBe(0);
  });

  it("sends whole records, which it cannot reserve", async () => {
    const whole = { ...spec, event: wholeRecord };
    using writer = openUserRingBuffer(object.userRingBuffer(whole));
    expect(writer.send(encodeToBytes(numberedEvent, eventOf(4)))).toBe(true);
    expect([await drain(), sum()]).toEqual([1, 4n]);
    expect(thrown(() => writer.reserve())).toMatchObject({ code: "invalid-state" });
    expect(writer.send(new Uint8Array(4088))).toBe(true);
    expect(writer.send(new Uint8Array(1))).toBe(false);
    expect(thrown(() => writer.send(new Uint8Array(5000)))).toMatchObject({
      code: "invalid-argument",
      reason: "an event of 5000 bytes never fits",
    });
  });

  it("sends by a pin of it", async () => {
    using pins = createBpffsFolder();
    object.userRingBuffer(spec).pin(pins.path("commands"));
    using map = openPinnedUserRingBuffer(pins.path("commands"), spec);
    using writer = openUserRingBuffer(map);
    writer.send(eventOf(4));
    expect([await drain(), sum()]).toEqual([1, 4n]);
  });

  it("reserves room, which is submitted or discarded", async () => {
    using writer = openUserRingBuffer(object.userRingBuffer(spec));
    const [first, second, third] = [writer.reserve(), writer.reserve(), writer.reserve()];
    third?.submit(eventOf(100));
    second?.discard();
    second?.discard();
    first?.submit(eventOf(10));
    expect([await drain(), sum()]).toEqual([2, 110n]);
    expect(thrown(() => first?.submit(eventOf(1)))).toMatchObject({ code: "invalid-state" });
    expect(thrown(() => second?.submit(eventOf(1)))).toMatchObject({ code: "invalid-state" });
  });

  it("says when there is no room, until the program took some", async () => {
    using writer = openUserRingBuffer(object.userRingBuffer(spec));
    let sent = 0;
    while (writer.send(eventOf(1))) sent += 1;
    expect(sent).toBe(4096 / 16);
    expect(writer.reserve()).toBeUndefined();
    expect(await drain()).toBe(sent);
    expect(writer.send(eventOf(1))).toBe(true);
  });

  it("gives the room back of what its codec refuses", async () => {
    using writer = openUserRingBuffer(object.userRingBuffer(spec));
    expect(thrown(() => writer.send(eventOf(-1)))).toMatchObject({ code: "invalid-argument" });
    writer.send(eventOf(5));
    expect([await drain(), sum()]).toEqual([1, 5n]);
  });

  it("reserves 64 events at once, and none that is larger than the buffer", async () => {
    using writer = openUserRingBuffer(object.userRingBuffer(spec));
    for (let count = 0; count < 64; count++) writer.reserve();
    expect(thrown(() => writer.reserve())).toMatchObject({ code: "invalid-state" });
    using large = await createUserRingBuffer({ ...spec, event: bytesOf(5000) });
    using other = openUserRingBuffer(large);
    expect(thrown(() => other.reserve())).toMatchObject({ code: "invalid-argument" });
  });

  it("refuses all work once it is closed, and discards what was reserved", async () => {
    const writer = openUserRingBuffer(object.userRingBuffer(spec));
    const reserved = writer.reserve();
    writer.close();
    writer.close();
    expect(writer.closed).toBe(true);
    expect(thrown(() => writer.send(eventOf(1)))).toMatchObject({ code: "handle-closed" });
    expect(thrown(() => reserved?.submit(eventOf(1)))).toMatchObject({ code: "handle-closed" });
    reserved?.discard();
    expect(await drain()).toBe(0);
  });
});
