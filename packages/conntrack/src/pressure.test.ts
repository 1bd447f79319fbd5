import { createManualClock, ipv4FromNumber, parseIp } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectionTuple, createConntrack, reverseTuple, type Tuple } from "./index.ts";
import { observation } from "./packets.fake.ts";

const server = parseIp("10.0.2.7");

function setUp(size: number) {
  const clock = createManualClock();
  const conntrack = createConntrack({ clock }, { size });
  const send = (tuple: Tuple, signal: Parameters<typeof observation>[1]) =>
    conntrack.track(observation(tuple, signal));
  const establish = (tuple: Tuple) => {
    const began = send(tuple, "open");
    send(reverseTuple(tuple), "accept");
    send(tuple, "data");
    return began;
  };
  return { clock, conntrack, send, establish };
}

/** The n-th client. */
function from(base: number, n: number): Tuple {
  const source = ipv4FromNumber(base + n);
  return connectionTuple({
    protocol: "tcp",
    source,
    destination: server,
    sourcePort: 1000,
    destinationPort: 80,
  });
}
const legitimate = (n: number): Tuple => from(0x0a00_0100, n);
const forged = (n: number): Tuple => from(0xc600_0000, n);

describe("a full table", () => {
  it("gives up what is closing, then what is half-open, the oldest first, and nothing that stands", () => {
    const { conntrack, send, establish } = setUp(5);
    establish(legitimate(0));
    send(legitimate(1), "open");
    send(legitimate(2), "open");
    for (const n of [3, 4]) establish(legitimate(n));
    send(legitimate(4), "abort");
    send(legitimate(3), "abort");
    // A second SYN does not make a connection younger.
    send(legitimate(1), "open");
    const gone: unknown[] = [];
    for (let n = 5; n < 9; n++) {
      const before = new Set(Array.from(conntrack.connections(), ({ original }) => original));
      establish(legitimate(n));
      const after = new Set(Array.from(conntrack.connections(), ({ original }) => original));
      gone.push(...before.difference(after));
    }
    expect(gone).toEqual([4, 3, 1, 2].map(legitimate));
    expect(send(legitimate(9), "open")).toEqual({ outcome: "refused", reason: "table-full" });
    expect(conntrack.counters).toMatchObject({
      removed: { "evicted-closing": 2, "evicted-half-open": 2, expired: 0 },
      refused: { "table-full": 1 },
    });
  });

  it("gives up one-sided connections like half-open ones", () => {
    const { conntrack, send, establish } = setUp(2);
    send(legitimate(0), "data");
    send(legitimate(0), "data");
    establish(legitimate(1));
    establish(legitimate(2));
    expect(conntrack.get(legitimate(0))).toBeUndefined();
    expect(conntrack.get(legitimate(1))).toMatchObject({ answered: true });
  });

  it("gives up the dead before it refuses, and does not count them as evicted", () => {
    const { clock, conntrack, send, establish } = setUp(2);
    establish(legitimate(0));
    send(legitimate(1), "open");
    clock.advance(60_000);
    expect(send(legitimate(2), "open")).toMatchObject({ isNew: true });
    send(reverseTuple(legitimate(2)), "data");
    expect(send(legitimate(3), "open")).toMatchObject({ reason: "table-full" });
    clock.advance(7_940_000);
    expect(send(legitimate(3), "open")).toMatchObject({ isNew: true });
    expect(conntrack.counters.removed).toMatchObject({ expired: 2, "evicted-half-open": 0 });
  });

  it("lets a service entry stand after the handshake that it saw one side of", () => {
    const { conntrack } = setUp(2);
    const service = { scope: "service" } as const;
    const began = observation(legitimate(0), "open");
    conntrack.track(began, service);
    conntrack.track(observation(legitimate(0), "data"), service);
    conntrack.track(observation(legitimate(1), "data"), service);
    for (let n = 0; n < 5; n++) conntrack.track(observation(forged(n), "open"));
    expect(conntrack.get(legitimate(0), "service")).toMatchObject({ state: "established" });
    expect(conntrack.get(legitimate(1), "service")).toBeUndefined();
  });
});

describe("a flood of ten times the size of the table", () => {
  /** How the flood looks, and how many packets of it come between two of a client that behaves. */
  const flood = fc.record({
    size: fc.integer({ min: 16, max: 64 }),
    established: fc.integer({ min: 0, max: 8 }),
    signal: fc.constantFrom("open" as const, "data" as const),
    answered: fc.boolean(),
    order: fc.infiniteStream(fc.nat(7)),
  });

  it("evicts no established connection, and stops no new one", () => {
    fc.assert(
      fc.property(flood, ({ size, established, signal, answered, order }) => {
        const { conntrack, send, establish } = setUp(size);
        for (let n = 0; n < established; n++) establish(legitimate(n));
        let newcomers = established;
        for (let n = 0; n < size * 10; n++) {
          expect(send(forged(n), signal)).toMatchObject({ isNew: true });
          // The server answers a forged SYN, and nobody goes on from there.
          if (signal === "open" && answered) send(reverseTuple(forged(n)), "accept");
          if (order.next().value !== 0 || newcomers > size / 2) continue;
          const tuple = legitimate(newcomers);
          const began = send(tuple, "open");
          // The rest of the flood comes while the answer is on its way.
          send(forged(1_000_000 + n), signal);
          expect(began).toMatchObject({ isNew: true });
          expect(send(reverseTuple(tuple), "accept")).toMatchObject({ outcome: "tracked" });
          expect(send(tuple, "data")).toMatchObject({ isNew: false, state: "established" });
          newcomers++;
        }
        for (let n = 0; n < newcomers; n++) {
          expect(conntrack.get(legitimate(n))).toMatchObject({ state: "established" });
        }
        expect(conntrack.size).toBeLessThanOrEqual(size);
        expect(conntrack.counters.refused["table-full"]).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
