import { constants } from "node:os";
import { createManualClock } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import type { ChannelListener } from "../netlink/channel.ts";
import { encodeMessage, type Message } from "../netlink/message.ts";
import { EventSource } from "./event-source.ts";

const message: Message = { type: 16, flags: 0, sequence: 0, payload: Uint8Array.of(7) };

interface Opened {
  readonly listener: ChannelListener;
  isHeld: boolean;
  isClosed: boolean;
}

function createBench() {
  const clock = createManualClock();
  const opened: Opened[] = [];
  const log: string[] = [];
  const failure = { next: undefined as Error | undefined };
  const source = new EventSource(
    (listener) => {
      if (failure.next !== undefined) throw failure.next;
      const channel = { listener, isHeld: false, isClosed: false };
      opened.push(channel);
      return {
        send: () => Promise.reject(new Error("an event source sends nothing")),
        hold: (hold) => {
          channel.isHeld = hold;
        },
        close: () => {
          channel.isClosed = true;
        },
      };
    },
    clock,
    1000,
    {
      event: ({ type, payload }) => {
        if (payload[0] === 0xff) throw new Error("it is malformed");
        log.push(`event ${String(type)}`);
      },
      resumed: (reason) => log.push(`resumed: ${reason}`),
      stalled: (error) => log.push(`stalled: ${String(error)}`),
    },
  );
  return { source, clock, opened, log, failure };
}

describe("an event source", () => {
  it("hands each message on, and keeps the process alive until it is closed", () => {
    const { source, opened, log } = createBench();
    source.open();
    expect(opened).toMatchObject([{ isHeld: true }]);
    opened[0]?.listener.received(Buffer.concat([encodeMessage(message), encodeMessage(message)]));
    expect(log).toEqual(["event 16", "event 16"]);
    source.close();
    expect(opened).toMatchObject([{ isClosed: true }]);
  });

  it("goes on with a new socket when events were lost", () => {
    const { source, opened, log } = createBench();
    source.open();
    opened[0]?.listener.failed(constants.errno.ENOBUFS);
    expect(opened).toMatchObject([{ isClosed: true }, { isClosed: false, isHeld: true }]);
    opened[1]?.listener.received(encodeMessage(message));
    expect(log).toEqual(["resumed: receiving failed with ENOBUFS", "event 16"]);
  });

  it.each([
    ["no messages", Uint8Array.of(1, 2, 3)],
    ["a message that cannot be read", encodeMessage({ ...message, payload: Uint8Array.of(0xff) })],
  ])("goes on with a new socket after %s", (_, datagram) => {
    const { source, opened, log } = createBench();
    source.open();
    opened[0]?.listener.received(datagram);
    expect(opened).toHaveLength(2);
    expect(log).toEqual([expect.stringMatching(/^resumed: /)]);
  });

  it("tries again when it cannot open a new socket", () => {
    const { source, clock, opened, log, failure } = createBench();
    source.open();
    failure.next = new Error("too many");
    opened[0]?.listener.failed(constants.errno.ENOBUFS);
    clock.advance(1000);
    failure.next = undefined;
    clock.advance(1000);
    expect(log).toEqual([
      "stalled: Error: too many",
      "stalled: Error: too many",
      "resumed: receiving failed with ENOBUFS",
    ]);
    expect(opened).toHaveLength(2);
  });

  it("tries nothing more once it is closed", () => {
    const { source, clock, opened, failure } = createBench();
    source.open();
    failure.next = new Error("too many");
    opened[0]?.listener.failed(constants.errno.ENOBUFS);
    source.close();
    failure.next = undefined;
    clock.advance(5000);
    expect(opened).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("leaves the failure of the first socket to its caller", () => {
    const { source, failure } = createBench();
    failure.next = new Error("too many");
    expect(() => source.open()).toThrow("too many");
  });
});
