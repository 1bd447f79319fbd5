import { deepEqual, equal, ok } from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ContractCase, throwsCode } from "./contract-case.ts";
import type { RingBuffer } from "./map-types.ts";
import { openRingBuffer, type RingBufferOptions, type RingBufferReader } from "./ring-buffer.ts";
import { ringBufferEvents } from "./ring-buffer-events.ts";
import { openUserRingBuffer, type UserRingBuffer } from "./user-ring-buffer.ts";

/** An empty ring buffer of 64 KiB whose events are numbers of 8 bytes, and what sends to it. */
export interface RingBufferFixture {
  readonly buffer: RingBuffer<number>;
  /** Sends an event, a number from 64 to 1000, so often. */
  send(event: number, count?: number): Promise<void>;
  /** Sends a record of 3 bytes, which is no event. */
  sendOther(): Promise<void>;
  /** How many events found no room so far. */
  lost(): number;
}

export type RingBufferFactory = () => RingBufferFixture | Promise<RingBufferFixture>;

/** An empty user ring buffer of 4096 bytes whose events are numbers of 8 bytes, and what takes them. */
export interface UserRingBufferFixture {
  readonly buffer: UserRingBuffer<number>;
  /** Takes what is there: how many, and their sum. */
  readonly drain: () => Promise<{ readonly count: number; readonly sum: number }>;
}

export type UserRingBufferFactory = () => UserRingBufferFixture | Promise<UserRingBufferFixture>;

/** Turns of the event loop, each of which looks once for what arrived. */
const maxTurns = 1_000_000;

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    ok(turn < maxTurns, "what was sent did not arrive");
    await nextTurn();
  }
}

interface Collected {
  readonly reader: RingBufferReader;
  readonly events: number[];
  readonly errors: Error[];
}

/** A reader that keeps what it is told. */
function collect(
  { buffer }: RingBufferFixture,
  options: Partial<RingBufferOptions<number>> = {},
): Collected {
  const events: number[] = [];
  const errors: Error[] = [];
  const reader = openRingBuffer(buffer, {
    onEvents: (batch) => void events.push(...batch),
    onError: (error) => void errors.push(error),
    ...options,
  });
  return { reader, events, errors };
}

/** Each event takes 16 of 65536 bytes, of which one stays free. */
const capacity = 4095;

const reading: readonly ContractCase<RingBufferFactory>[] = [
  {
    name: "ring buffer: delivers in order, also what was there before",
    async run(create) {
      const fixture = await create();
      await fixture.send(70);
      const { reader, events, errors } = collect(fixture);
      using _reader = reader;
      await fixture.send(80, 2);
      await fixture.send(90);
      await until(() => events.length === 4);
      deepEqual(events, [70, 80, 80, 90]);
      deepEqual(errors, []);
    },
  },
  {
    name: "ring buffer: leaves events where they are while it pauses",
    async run(create) {
      const fixture = await create();
      const { reader, events } = collect(fixture);
      using _reader = reader;
      reader.pause();
      await fixture.send(70, 5);
      for (let turn = 0; turn < 10; turn++) await nextTurn();
      deepEqual(events, []);
      reader.resume();
      await until(() => events.length === 5);
    },
  },
  {
    name: "ring buffer: delivers the rest when it is closed, and nothing after",
    async run(create) {
      const fixture = await create();
      const { reader, events } = collect(fixture);
      reader.pause();
      await fixture.send(70, 4000);
      reader.close();
      reader.close();
      equal(events.length, 4000);
      equal(reader.closed, true);
      reader.resume();
      await fixture.send(80);
      for (let turn = 0; turn < 10; turn++) await nextTurn();
      equal(events.length, 4000);
    },
  },
  {
    name: "ring buffer: is closed by its own callback",
    async run(create) {
      const fixture = await create();
      const events: number[] = [];
      const { reader } = collect(fixture, {
        onEvents(batch) {
          events.push(...batch);
          reader.close();
        },
      });
      await fixture.send(70, 3);
      await until(() => reader.closed);
      ok(events.length > 0);
    },
  },
  {
    name: "ring buffer: is iterated, and reading ends with the loop",
    async run(create) {
      const fixture = await create();
      await fixture.send(70, 2);
      await fixture.send(80);
      const events: number[] = [];
      const iterated = ringBufferEvents(fixture.buffer, {
        onError(error) {
          throw error;
        },
        keepAlive: true,
      });
      for await (const event of iterated) {
        events.push(event);
        if (events.length === 3) break;
      }
      deepEqual(events, [70, 70, 80]);
      deepEqual(await iterated.next(), { value: undefined, done: true });
    },
  },
];

const failing: readonly ContractCase<RingBufferFactory>[] = [
  {
    name: "ring buffer: tells of a record that is no event, and delivers those around it",
    async run(create) {
      const fixture = await create();
      const { reader, events, errors } = collect(fixture);
      using _reader = reader;
      await fixture.send(70);
      await fixture.sendOther();
      await fixture.send(80);
      await until(() => events.length === 2);
      deepEqual(events, [70, 80]);
      equal(errors.length, 1);
      throwsCode("incompatible-map", () => {
        throw errors[0] ?? new Error("there was none");
      });
    },
  },
  {
    name: "ring buffer: tells what a callback throws, and goes on",
    async run(create) {
      const fixture = await create();
      let delivered = 0;
      const fault = new Error("not now");
      const { reader, errors } = collect(fixture, {
        onEvents(batch) {
          delivered += batch.length;
          throw fault;
        },
      });
      using _reader = reader;
      await fixture.send(70);
      await until(() => delivered === 1);
      await fixture.send(80);
      await until(() => delivered === 2);
      deepEqual(errors, [fault, fault]);
    },
  },
  {
    name: "ring buffer: loses what finds no room, and tells how much",
    async run(create) {
      const fixture = await create();
      const losses: bigint[] = [];
      const { reader, events } = collect(fixture, {
        countLost: () => fixture.lost(),
        onLost: (count) => void losses.push(count),
      });
      using _reader = reader;
      reader.pause();
      await fixture.send(70, capacity + 5);
      equal(fixture.lost(), 5);
      reader.resume();
      await until(() => events.length === capacity);
      deepEqual(losses, [5n]);
      await fixture.send(80);
      await until(() => events.length === capacity + 1);
      equal(fixture.lost(), 5);
    },
  },
];

/** The cases for ring buffers. */
export const ringBufferContract: readonly ContractCase<RingBufferFactory>[] = [
  ...reading,
  ...failing,
];

/** The cases for user ring buffers. */
export const userRingBufferContract: readonly ContractCase<UserRingBufferFactory>[] = [
  {
    name: "user ring buffer: gives what was sent to those who drain it",
    async run(create) {
      const { buffer, drain } = await create();
      using writer = openUserRingBuffer(buffer);
      for (const event of [1, 2, 3]) equal(writer.send(event), true);
      deepEqual(await drain(), { count: 3, sum: 6 });
      deepEqual(await drain(), { count: 0, sum: 0 });
    },
  },
  {
    name: "user ring buffer: holds back what comes after a reserved event, and leaves out what is discarded",
    async run(create) {
      const { buffer, drain } = await create();
      using writer = openUserRingBuffer(buffer);
      const [first, second] = [writer.reserve(), writer.reserve()];
      writer.send(4);
      deepEqual(await drain(), { count: 0, sum: 0 });
      second?.discard();
      first?.submit(1);
      throwsCode("invalid-state", () => first?.submit(1));
      throwsCode("invalid-state", () => second?.submit(1));
      deepEqual(await drain(), { count: 2, sum: 5 });
    },
  },
  {
    name: "user ring buffer: says when there is no room, until some was drained",
    async run(create) {
      const { buffer, drain } = await create();
      using writer = openUserRingBuffer(buffer);
      let sent = 0;
      while (writer.send(1)) sent += 1;
      equal(sent, 4096 / 16);
      equal(writer.reserve(), undefined);
      deepEqual(await drain(), { count: sent, sum: sent });
      equal(writer.send(1), true);
    },
  },
  {
    name: "user ring buffer: reserves 64 events at once, and gives room back of what its codec refuses",
    async run(create) {
      const { buffer, drain } = await create();
      using writer = openUserRingBuffer(buffer);
      throwsCode("invalid-argument", () => writer.send(-1));
      for (let count = 0; count < 64; count++) ok(writer.reserve() !== undefined);
      throwsCode("invalid-state", () => writer.reserve());
      writer.close();
      throwsCode("handle-closed", () => writer.send(1));
      using other = openUserRingBuffer(buffer);
      equal(other.send(7), true);
      deepEqual(await drain(), { count: 1, sum: 7 });
    },
  },
];
