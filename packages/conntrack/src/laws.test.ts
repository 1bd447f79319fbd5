import { createManualClock, parseIp, parsePrefix } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Connection,
  type Conntrack,
  connectionTuple,
  createConntrack,
  formatTuple,
  type Outcome,
  type PortUsage,
  reverseTuple,
  type Signal,
  type Tuple,
} from "./index.ts";

const size = 5;
const ports = { first: 1000, last: 1003 };
const node = parseIp("192.0.2.10");
/** Mostly from a pod to one place outside, so that ports and places run short. */
const outside = parseIp("198.51.100.1");
const pods = ["10.0.1.5", "10.0.1.6"].map(parseIp);
const ends = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...pods), fc.constant(outside)) },
  { weight: 1, arbitrary: fc.constant([node, outside] as const) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(outside), fc.constantFrom(node, ...pods)) },
  { weight: 1, arbitrary: fc.shuffledSubarray(pods, { minLength: 2 }) },
);
const tuples = fc
  .record({
    protocol: fc.constantFrom("tcp", "tcp", "tcp", "udp", "icmp", "gre"),
    ends,
    sourcePort: fc.integer({ min: 998, max: 1003 }),
  })
  .map(({ protocol, ends: [source = node, destination = node], sourcePort }) => {
    const addresses = { protocol, source, destination };
    if (protocol === "gre") return connectionTuple(addresses);
    const destinationPort = protocol === "icmp" ? 0 : 80;
    return connectionTuple({ ...addresses, sourcePort, destinationPort });
  });

/** A packet of a new tuple, or one of the n-th connection of those that are there. */
const steps = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      tuple: tuples,
      signal: fc.constantFrom<Signal[]>("open", "open", "open", "data"),
      of: fc.constant(undefined),
      related: fc.constant(false),
      scope: fc.constantFrom("connection", "connection", "connection", "service"),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      tuple: tuples,
      signal: fc.constantFrom<Signal[]>("open", "accept", "data", "data", "finish", "abort"),
      of: fc.record({ connection: fc.nat(size - 1), reply: fc.boolean() }),
      related: fc.nat(7).map((n) => n === 0),
      scope: fc.constantFrom("connection", "connection", "connection", "service"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(1, 9000, 59_000, 8_000_000) }) },
  { weight: 1, arbitrary: fc.record({ flush: fc.constantFrom("closing", "opening") }) },
);
const runs = fc.array(steps, { minLength: 1, maxLength: 80, size: "max" });
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

class World {
  readonly clock = createManualClock();
  readonly conntrack: Conntrack = createConntrack(
    { clock: this.clock },
    {
      size,
      sourceNat: {
        addresses: [node],
        sources: [parsePrefix("10.0.1.0/24")],
        exclude: [parsePrefix("10.0.0.0/8")],
        ports,
        probes: 4,
      },
    },
  );

  get living(): readonly Connection[] {
    return [...this.conntrack.connections()];
  }

  apply(step: Step): Outcome | undefined {
    if ("wait" in step) {
      this.clock.advance(step.wait);
      return undefined;
    }
    if ("flush" in step) {
      this.conntrack.flush({ state: step.flush });
      return undefined;
    }
    return this.conntrack.track(
      {
        tuple: this.tupleOf(step),
        signal: step.related ? "none" : step.signal,
        related: step.related,
      },
      { scope: step.scope },
    );
  }

  tupleOf({ of, tuple }: Extract<Step, { signal: Signal }>): Tuple {
    const connection = of === undefined ? undefined : this.living.at(of.connection);
    if (connection === undefined || of === undefined) return tuple;
    return of.reply ? connection.reply : connection.original;
  }
}

/** What a law says against a step, empty if nothing. */
type Law = (
  world: World,
  outcome: Outcome | undefined,
  before: readonly Connection[],
) => readonly unknown[];

/** Runs random packets through a table, and holds each step against the law. */
function expectLaw(law: Law): void {
  fc.assert(
    fc.property(runs, (all) => {
      const world = new World();
      for (const step of all) {
        const before = world.living;
        const outcome = world.apply(step);
        expect(law(world, outcome, before)).toEqual([]);
      }
    }),
  );
}

/** All tuples by which connections are found; services apart. */
function tuplesOf(connections: readonly Connection[]): readonly string[] {
  return connections.flatMap(({ scope, original, reply }) =>
    scope === "service" ? [] : [formatTuple(original), formatTuple(reply)],
  );
}

/** Whether packets of the tuple, or of the other direction, are those of a connection. */
function isTaken(connections: readonly Connection[]): (tuple: Tuple) => boolean {
  const taken = new Set(tuplesOf(connections));
  return (tuple) => taken.has(formatTuple(tuple)) || taken.has(formatTuple(reverseTuple(tuple)));
}

/** All tuples that answers could come by, were there a port. */
function repliesTo({ protocol, address, destination, destinationPort }: PortUsage): Tuple[] {
  const tuple = {
    protocol,
    source: destination,
    destination: address,
    sourcePort: destinationPort,
  };
  if (protocol === "gre") return [connectionTuple(tuple)];
  return Array.from({ length: ports.last - ports.first + 1 }, (_, n) =>
    connectionTuple({ ...tuple, destinationPort: ports.first + n }),
  );
}

function stateOf({ packets: _packets, bytes: _bytes, ...state }: Connection): unknown {
  return state;
}

describe("whatever packets come", () => {
  it("the table is bounded, and its counters add up", () => {
    expectLaw(({ conntrack }) => {
      const { created, removed } = conntrack.counters;
      const gone = Object.values(removed).reduce((sum, count) => sum + count, 0);
      return conntrack.size <= size && created - gone === conntrack.size
        ? []
        : [conntrack.counters];
    });
  });

  it("each connection lives, and is found by its tuples", () => {
    expectLaw(({ conntrack, clock, living }) =>
      living.filter((connection) => {
        const { scope, original, reply, expires } = connection;
        const found = [conntrack.get(original, scope)];
        if (scope === "connection") found.push(conntrack.get(reply));
        const wanted = JSON.stringify(connection);
        return (
          expires <= clock.monotonic() || found.some((other) => JSON.stringify(other) !== wanted)
        );
      }),
    );
  });

  it("no two living connections have one translated source, port, destination and protocol", () => {
    expectLaw(({ living }) => {
      const all = tuplesOf(living);
      return all.filter((tuple, index) => all.indexOf(tuple) !== index);
    });
  });

  it("a port is kept when it is free and of the range", () => {
    expectLaw((_, outcome, before) => {
      if (outcome?.outcome !== "tracked" || !outcome.isNew) return [];
      const { original, reply } = outcome;
      const own = { ...reply, destinationPort: original.sourcePort };
      const inRange = original.sourcePort >= ports.first && original.sourcePort <= ports.last;
      const mayKeep = inRange && !isTaken(before)(own);
      return mayKeep && reply.destinationPort !== original.sourcePort ? [outcome] : [];
    });
  });

  it("none is refused a port while there is a free one", () => {
    expectLaw((_, outcome, before) => {
      if (outcome?.outcome !== "refused" || outcome.reason !== "ports-exhausted") return [];
      const taken = isTaken(before);
      return repliesTo(outcome.ports).filter((tuple) => !taken(tuple));
    });
  });

  it("the ports in use are those of the translated connections that are there", () => {
    expectLaw((world) => {
      world.conntrack.sweep();
      const translated = world.living.filter(
        ({ original, reply }) =>
          original.protocol !== "gre" && formatTuple(reverseTuple(original)) !== formatTuple(reply),
      );
      const used = world.conntrack.portUsage().reduce((sum, usage) => sum + usage.used, 0);
      return used === translated.length ? [] : [used, translated];
    });
  });

  it("an ICMP error, and what is not tracked, changes no connection", () => {
    expectLaw(({ living }, outcome, before) => {
      if (outcome === undefined) return [];
      if (outcome.outcome === "tracked" && !outcome.related) return [];
      const [now, then] = [living, before].map((all) => JSON.stringify(all.map(stateOf)));
      return now === then ? [] : [outcome];
    });
  });

  it("the same packets come to the same", () => {
    fc.assert(
      fc.property(runs, (all) => {
        const [one, other] = [new World(), new World()];
        for (const step of all) expect(one.apply(step)).toEqual(other.apply(step));
        expect(one.living).toEqual(other.living);
      }),
    );
  });

  it("these packets come by every way for an entry to end, and for a packet to be refused", () => {
    const reached = new Set<string>();
    const all = fc.sample(runs, { seed: 1, numRuns: 200 });
    for (const one of all) {
      const world = new World();
      for (const step of one) world.apply(step);
      const { removed, refused } = world.conntrack.counters;
      for (const [name, count] of Object.entries({ ...removed, ...refused })) {
        if (count > 0) reached.add(name);
      }
    }
    expect([...reached].toSorted()).toEqual([
      "evicted-closing",
      "evicted-half-open",
      "expired",
      "flushed",
      "ports-exhausted",
      "replaced",
      "table-full",
      "tuple-in-use",
    ]);
  });
});
