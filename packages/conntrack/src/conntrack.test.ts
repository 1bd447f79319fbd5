import { createManualClock, parsePrefix } from "@heddle/contracts";
import type { Packet } from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { type ConntrackOptions, createConntrack, type Scope } from "./index.ts";
import { chunk, datagram, observation, segment, tcpTuple } from "./packets.fake.ts";

function setUp(options: ConntrackOptions = {}) {
  const clock = createManualClock(1_000_000);
  return { clock, conntrack: createConntrack({ clock }, options) };
}

/** Seconds before the packet, the packet, and what is there after it. */
type Step = readonly [
  after: number,
  packet: Packet,
  state: string,
  remaining: number,
  more?: object,
];

const [syn, ack] = [segment("client", "syn"), segment("client", "ack")];
const synAck = segment("server", "syn", "ack");
const [fin, finBack] = [segment("client", "fin", "ack"), segment("server", "fin", "ack")];

const sequences: Record<string, { readonly scope?: Scope; readonly steps: readonly Step[] }> = {
  "a TCP connection from its first SYN to the next one": {
    steps: [
      [0, syn, "opening", 60, { isNew: true, direction: "original" }],
      [5, syn, "opening", 60, { isNew: false }],
      [5, ack, "established", 8000],
      [5, fin, "established", 8000],
      [5, finBack, "closing", 10, { direction: "reply" }],
      [3, ack, "closing", 7],
      [3, finBack, "closing", 4],
      [1, segment("client", "rst"), "closing", 3],
      [1, syn, "opening", 60, { isNew: true, direction: "original" }],
    ],
  },
  "a handshake that is answered": {
    steps: [
      [0, syn, "opening", 60],
      [1, synAck, "opening", 60, { direction: "reply", isNew: false }],
      [1, ack, "established", 8000, { direction: "original" }],
      [7000, segment("server", "ack", "psh"), "established", 8000],
    ],
  },
  "the server's data establishes a connection as well": {
    steps: [
      [0, syn, "opening", 60],
      [1, segment("server", "ack"), "established", 8000],
    ],
  },
  "a SYN of an established connection changes nothing": {
    steps: [
      [0, syn, "opening", 60],
      [0, ack, "established", 8000],
      [9, syn, "established", 8000, { isNew: false }],
    ],
  },
  "RST closes both directions, whoever sends it": {
    steps: [
      [0, syn, "opening", 60],
      [1, segment("server", "rst", "ack"), "closing", 10],
      [2, ack, "closing", 8],
      [1, syn, "opening", 60, { isNew: true }],
      [0, ack, "established", 8000],
      [0, segment("client", "rst"), "closing", 10],
    ],
  },
  "FIN twice one way is one way": {
    steps: [
      [0, syn, "opening", 60],
      [0, fin, "established", 8000],
      [9, fin, "established", 8000],
      [9, segment("server", "ack"), "established", 8000],
    ],
  },
  "a SYN of a side that has finished is a new connection, one of the other side is not": {
    steps: [
      [0, syn, "opening", 60],
      [0, ack, "established", 8000],
      [0, fin, "established", 8000],
      [5, segment("server", "syn"), "established", 8000, { isNew: false }],
      [5, syn, "opening", 60, { isNew: true }],
    ],
  },
  "a SYN from the other side of a closed connection turns it around": {
    steps: [
      [0, syn, "opening", 60],
      [0, segment("client", "rst"), "closing", 10],
      [1, segment("server", "syn"), "opening", 60, { isNew: true, direction: "original" }],
      [1, segment("client", "ack"), "established", 8000, { direction: "reply" }],
    ],
  },
  "a connection older than the table is taken up": {
    steps: [[0, ack, "established", 8000, { isNew: true }]],
  },
  "a service entry closes on one FIN, with grace": {
    scope: "service",
    steps: [
      [0, syn, "opening", 60, { isNew: true }],
      [5, syn, "opening", 60],
      [5, ack, "established", 8000],
      [5, fin, "closing", 60],
      [20, ack, "closing", 40],
      [1, syn, "opening", 60, { isNew: true }],
      [1, segment("client", "rst"), "closing", 60],
    ],
  },
  "SCTP by its chunks": {
    steps: [
      [0, chunk("client", "init"), "opening", 60, { isNew: true }],
      [1, chunk("server", "init-ack"), "opening", 60],
      [1, chunk("client", "cookie-echo"), "opening", 60],
      [1, chunk("server", "cookie-ack"), "established", 8000],
      [1, chunk("client", "heartbeat"), "established", 8000],
      [1, chunk("client", "shutdown"), "established", 8000],
      [1, chunk("server", "shutdown-ack"), "closing", 10],
      [1, chunk("client", "shutdown-complete"), "closing", 9],
      [1, chunk("client", "init"), "opening", 60, { isNew: true }],
      [1, chunk("server", "abort"), "closing", 10],
    ],
  },
  "UDP lives 60 s, and is established once it is answered": {
    steps: [
      [0, datagram("client"), "opening", 60, { isNew: true }],
      [9, datagram("client"), "opening", 60, { isNew: false }],
      [9, datagram("server"), "established", 60, { direction: "reply" }],
      [59, datagram("client"), "established", 60],
    ],
  },
};

describe("states and remaining times", () => {
  it.each(Object.entries(sequences))("%s", (_, { scope = "connection", steps }) => {
    const { clock, conntrack } = setUp();
    const actual: unknown[] = [];
    for (const [after, packet] of steps) {
      clock.advance(after * 1000);
      actual.push(conntrack.track(packet, { scope }));
      expect(conntrack.size).toBe(1);
    }
    expect(actual).toMatchObject(
      steps.map(([, , state, seconds, more]) => ({
        outcome: "tracked",
        related: false,
        state,
        remaining: seconds * 1000,
        ...more,
      })),
    );
  });

  it.each<readonly [string, Packet]>([
    ["SYN+ACK", synAck],
    ["FIN", fin],
    ["RST", segment("client", "rst")],
    ["INIT-ACK", chunk("server", "init-ack")],
    ["SHUTDOWN", chunk("client", "shutdown")],
  ])("%s of no connection begins none", (_, packet) => {
    const { conntrack } = setUp();
    expect(conntrack.track(packet)).toEqual({ outcome: "stray", reason: "no-connection" });
    expect([conntrack.size, conntrack.counters.stray["no-connection"]]).toEqual([0, 1]);
  });

  it("impossible flags leave the connection as it is", () => {
    const { clock, conntrack } = setUp();
    conntrack.track(syn);
    const before = [...conntrack.connections()];
    clock.advance(1000);
    const impossible = segment("client", "syn", "fin");
    expect(conntrack.track(impossible)).toEqual({
      outcome: "invalid",
      reason: "impossible-signal",
    });
    expect([...conntrack.connections()]).toEqual(before);
  });
});

describe("an entry", () => {
  it("is dead at lookup the moment it expires, and then another connection begins", () => {
    const { clock, conntrack } = setUp();
    const tuple = tcpTuple("10.0.1.5:40000", "10.0.2.7:80");
    conntrack.track(syn);
    clock.advance(59_999);
    expect(conntrack.get(tuple)).toMatchObject({ created: 1_000_000, expires: 1_060_000 });
    clock.advance(1);
    expect([...conntrack.connections()]).toEqual([]);
    expect(conntrack.track(synAck)).toMatchObject({ outcome: "stray" });
    expect(conntrack.track(syn)).toMatchObject({ isNew: true });
    expect(conntrack.counters).toMatchObject({ created: 2, removed: { expired: 1 } });
  });

  it("counts packets and bytes of each direction, and tells who has finished", () => {
    const { conntrack } = setUp();
    for (const packet of [syn, synAck, ack, segment("server", "ack"), finBack]) {
      conntrack.track(packet);
    }
    expect([...conntrack.connections()]).toMatchObject([
      {
        scope: "connection",
        original: tcpTuple("10.0.1.5:40000", "10.0.2.7:80"),
        reply: tcpTuple("10.0.2.7:80", "10.0.1.5:40000"),
        answered: true,
        finished: { original: false, reply: true },
        packets: { original: 2, reply: 3 },
        bytes: { original: 80, reply: 120 },
      },
    ]);
  });

  it("of a service stands beside that of the connection", () => {
    const { conntrack } = setUp();
    conntrack.track(syn, { scope: "service" });
    conntrack.track(syn);
    conntrack.track(ack);
    const states = Array.from(conntrack.connections(), ({ scope, state }) => [scope, state]);
    expect(states).toEqual([
      ["service", "opening"],
      ["connection", "established"],
    ]);
    // Answers come from a backend, and are not of the service's address.
    expect(conntrack.track(synAck, { scope: "service" })).toMatchObject({ outcome: "stray" });
  });

  it("that was given out does not change", () => {
    const { conntrack } = setUp();
    conntrack.track(syn);
    const [before] = conntrack.connections();
    conntrack.track(ack);
    expect(before).toMatchObject({ state: "opening", packets: { original: 1 } });
  });
});

function filled() {
  const { clock, conntrack } = setUp();
  for (const [from, to] of [
    ["10.0.1.5:1000", "10.0.2.7:80"],
    ["10.0.1.6:1000", "10.0.2.7:443"],
    ["10.0.2.7:1000", "10.0.1.5:80"],
    ["[fd00:1::5]:1000", "[fd00:2::7]:80"],
  ] as const) {
    conntrack.track(observation(tcpTuple(from, to), "open"));
  }
  conntrack.track(observation(tcpTuple("10.0.2.7:80", "10.0.1.5:1000"), "data"));
  conntrack.track(datagram("client"));
  return { clock, conntrack };
}

describe("filters", () => {
  it.each([
    [{}, 5],
    [{ protocol: "udp" }, 1],
    [{ protocol: "tcp", state: "established" }, 1],
    [{ source: parsePrefix("10.0.1.0/24") }, 3],
    [{ destination: parsePrefix("10.0.2.7/32"), destinationPort: 443 }, 1],
    [{ address: parsePrefix("10.0.1.5/32") }, 3],
    [{ address: parsePrefix("fd00:2::/64") }, 1],
    [{ scope: "service" }, 0],
  ] as const)("%j means %d, to look at and to flush", (filter, count) => {
    const { conntrack } = filled();
    expect([...conntrack.connections(filter)]).toHaveLength(count);
    expect(conntrack.flush(filter)).toBe(count);
    expect([...conntrack.connections(filter)]).toEqual([]);
    expect(conntrack.size).toBe(5 - count);
    expect(conntrack.counters.removed.flushed).toBe(count);
  });

  it("do not count what was dead before", () => {
    const { clock, conntrack } = filled();
    clock.advance(60_000);
    expect(conntrack.flush()).toBe(1);
    expect(conntrack.counters.removed).toMatchObject({ expired: 4, flushed: 1 });
  });
});
