import {
  createManualClock,
  interfaceIndex,
  type IpFamily,
  type ManualClock,
  silentLogger,
} from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { type Announcement, Announcer } from "./announcer.ts";

interface Sent {
  readonly at: number;
  readonly name: string;
}

interface Scene {
  readonly clock: ManualClock;
  readonly announcer: Announcer;
  readonly sent: readonly Sent[];
  readonly announce: (name: string, family?: IpFamily) => void;
}

const announcement = (name: string, family: IpFamily): Announcement => ({
  device: interfaceIndex(7),
  family,
  frame: Buffer.from(name),
});

function scene(rate = 1000, send: () => Promise<void> = async () => undefined): Scene {
  const clock = createManualClock();
  const sent: Sent[] = [];
  const deps = {
    clock,
    logger: silentLogger,
    async send(_: unknown, frame: Uint8Array) {
      sent.push({ at: clock.monotonic(), name: Buffer.from(frame).toString() });
      await send();
    },
  };
  const announcer = new Announcer(deps, rate);
  return {
    clock,
    announcer,
    sent,
    announce: (name, family = 6) => announcer.announce(name, announcement(name, family)),
  };
}

describe("an announcement", () => {
  it.each<[IpFamily, readonly number[]]>([
    [6, [0, 1000, 2000]],
    [4, [0, 2000]],
  ])("of IPv%i is sent as often as the RFC says", (family, times) => {
    const { clock, sent, announce } = scene();
    announce("a", family);
    clock.advance(60_000);
    expect(sent.map(({ at }) => at)).toEqual(times);
    expect(clock.pending).toBe(0);
  });

  it("is sent no more once it is forgotten", () => {
    const { announcer, clock, sent, announce } = scene();
    announce("a");
    announce("b");
    clock.advance(500);
    announcer.forget("a");
    clock.advance(60_000);
    expect(sent.filter(({ name }) => name === "a")).toHaveLength(1);
    expect(sent.filter(({ name }) => name === "b")).toHaveLength(3);
  });

  it("begins anew when it is made again, and is under way once", () => {
    const { clock, sent, announce } = scene();
    announce("a");
    clock.advance(1500);
    announce("a");
    clock.advance(60_000);
    expect(sent.map(({ at }) => at)).toEqual([0, 1000, 1500, 2500, 3500]);
  });

  it("that cannot be sent is tried as often as one that can", () => {
    const { clock, sent, announce } = scene(1000, () => Promise.reject(new Error("no device")));
    announce("a");
    clock.advance(60_000);
    expect(sent).toHaveLength(3);
  });
});

describe("many announcements", () => {
  it("are sent at the rate, the new ones as soon as the repetitions allow, and all of them", () => {
    const rate = 10;
    const { clock, sent, announce } = scene(rate);
    for (let index = 0; index < 30; index++) announce(`old ${String(index)}`, 6);
    clock.advance(1000);
    expect(sent.length).toBeLessThanOrEqual(rate + 1);
    for (let index = 0; index < 5; index++) announce(`new ${String(index)}`, 4);
    clock.advance(60_000);
    expect(sent).toHaveLength(30 * 3 + 5 * 2);
    const pauses = sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1000 / rate);
    // Each comes for the first time before any of later ones does for the second.
    const firsts = sent.findLastIndex(
      ({ name }, index) => sent.findIndex((one) => one.name === name) === index,
    );
    const repeated = sent
      .slice(0, firsts)
      .filter(({ name }, index) => sent.findIndex((one) => one.name === name) < index);
    expect(repeated.length).toBeLessThan(30);
  });
});

it("close waits for what is being sent, and sends no more", async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const { announcer, clock, sent, announce } = scene(1000, () => promise);
  announce("a");
  clock.advance(0);
  let isClosed = false;
  const closing = announcer.close().then(() => (isClosed = true));
  await Promise.resolve();
  expect(isClosed).toBe(false);
  resolve(undefined);
  await closing;
  announce("b");
  clock.advance(60_000);
  expect(sent).toHaveLength(1);
});
