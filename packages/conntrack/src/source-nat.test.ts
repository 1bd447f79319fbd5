import { createManualClock, parseIp, parsePrefix } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  candidatePorts,
  connectionTuple,
  createConntrack,
  hashTuple,
  type Observation,
  type PortUsage,
  reverseTuple,
  type SourceNatOptions,
  type Tuple,
} from "./index.ts";
import { observation, tcpTuple } from "./packets.fake.ts";

const node = parseIp("192.0.2.10");
const node6 = parseIp("2001:db8::10");
const pods = ["10.0.1.0/24", "fd00:1::/64"].map(parsePrefix);
const ports = { first: 40_000, last: 40_003 };

function setUp(options: Partial<SourceNatOptions> = {}) {
  const clock = createManualClock();
  const sourceNat = { addresses: [node, node6], sources: pods, ports, ...options };
  const conntrack = createConntrack({ clock }, { sourceNat });
  const track = (tuple: Tuple, signal: Observation["signal"] = "open") =>
    conntrack.track(observation(tuple, signal));
  const warnings: PortUsage[] = [];
  conntrack.portWarnings.events$.subscribe((usage) => warnings.push(usage));
  return { clock, conntrack, track, warnings };
}

const web = "198.51.100.1:80";
/** A connection of the n-th pod. */
const podTo = (n: number, port: number, to = web): Tuple =>
  tcpTuple(`10.0.1.${String(n)}:${String(port)}`, to);

const ends = (n: number) => ({
  source: parseIp(`10.0.1.${String(n)}`),
  destination: parseIp("198.51.100.1"),
});

const echo = (n: number) => connectionTuple({ ...ends(n), protocol: "icmp", sourcePort: 40_001 });

describe("a connection that leaves", () => {
  it.each<readonly [string, Tuple, string, number]>([
    ["keeps its port", podTo(5, 40_002), "192.0.2.10", 40_002],
    ["over IPv6 too", tcpTuple("[fd00:1::5]:40001", "[2001:db8:1::1]:80"), "2001:db8::10", 40_001],
    [
      "to an excluded destination keeps its source",
      podTo(5, 40_002, "10.0.9.9:80"),
      "10.0.1.5",
      40_002,
    ],
    ["of somebody else keeps its source", tcpTuple("10.7.7.7:40000", web), "10.7.7.7", 40_000],
    [
      "of the node keeps its port, whatever that is",
      tcpTuple("192.0.2.10:999", web),
      "192.0.2.10",
      999,
    ],
  ])("%s", (_, tuple, address, port) => {
    const { track } = setUp({ exclude: [parsePrefix("10.0.0.0/8")] });
    const reply = { destination: address, destinationPort: port };
    expect(track(tuple)).toMatchObject({ isNew: true, original: tuple, reply });
  });

  it("takes another port when its own is taken, to this destination only", () => {
    const { track } = setUp();
    track(podTo(5, 40_000));
    const second = track(podTo(6, 40_000));
    expect(second).not.toMatchObject({ reply: { destinationPort: 40_000 } });
    expect(second).toMatchObject({ reply: { destination: node, source: "198.51.100.1" } });
    for (const to of ["198.51.100.1:443", "198.51.100.2:80"]) {
      expect(track(podTo(6, 40_000, to))).toMatchObject({ reply: { destinationPort: 40_000 } });
    }
  });

  it("leaves with a port of the range when its own is outside of it", () => {
    const { track } = setUp();
    expect(track(podTo(5, 1024))).toSatisfy(
      (outcome: { reply: Tuple }) =>
        outcome.reply.destinationPort >= 40_000 && outcome.reply.destinationPort <= 40_003,
    );
  });

  it("is found by what answers it, and by nothing else from there", () => {
    const { track } = setUp();
    track(podTo(5, 40_000));
    track(podTo(6, 40_000));
    expect(track(tcpTuple(web, "192.0.2.10:40000"), "accept")).toMatchObject({
      direction: "reply",
      original: podTo(5, 40_000),
    });
    expect(track(tcpTuple(web, "10.0.1.5:40000"), "accept")).toMatchObject({ outcome: "stray" });
  });

  it("has its identifier translated when it is an echo, and only its address when it has no port", () => {
    const { track } = setUp();
    expect(track(echo(5))).toMatchObject({ reply: { destinationPort: 40_001, sourcePort: 0 } });
    expect(track(echo(6))).not.toMatchObject({ reply: { destinationPort: 40_001 } });
    for (const protocol of ["gre", "sctp"] as const) {
      const one = (n: number) =>
        connectionTuple({ ...ends(n), protocol, sourcePort: 9, destinationPort: 9 });
      expect(track(one(5))).toMatchObject({ reply: { destination: node, destinationPort: 9 } });
      expect(track(one(6))).toMatchObject({ reason: "ports-exhausted" });
    }
  });

  it("does not take a port of the node's own connection, nor the node one of its", () => {
    const { track } = setUp();
    track(tcpTuple("192.0.2.10:40000", web));
    const ofPod = track(podTo(5, 40_000));
    expect(ofPod).not.toMatchObject({ reply: { destinationPort: 40_000 } });
    track(podTo(6, 40_001, "198.51.100.1:443"));
    const own = track(tcpTuple("192.0.2.10:40001", "198.51.100.1:443"));
    expect(own).toMatchObject({ isNew: true, reply: { destination: node } });
    expect(own).not.toMatchObject({ reply: { destinationPort: 40_001 } });
  });

  it("keeps its source in a table that does not translate", () => {
    const conntrack = createConntrack({ clock: createManualClock() });
    const tuple = podTo(5, 40_000);
    expect(conntrack.track(observation(tuple, "open"))).toMatchObject({
      reply: reverseTuple(tuple),
    });
  });

  it("is refused when its answers would be those of another connection", () => {
    const { track } = setUp();
    track(podTo(5, 40_000));
    expect(track(tcpTuple(web, "10.0.1.5:40000"))).toEqual({
      outcome: "refused",
      reason: "tuple-in-use",
    });
  });
});

describe("ports", () => {
  it("run out as a value, after a warning, and come back", () => {
    const { clock, conntrack, track, warnings } = setUp({ warnAt: 0.75 });
    const usage = {
      protocol: "tcp",
      address: node,
      destination: "198.51.100.1",
      destinationPort: 80,
      capacity: 4,
    };
    for (let n = 1; n <= 4; n++) expect(track(podTo(n, 40_000))).toMatchObject({ isNew: true });
    expect(warnings).toEqual([{ ...usage, used: 3 }]);
    const refused = { outcome: "refused", reason: "ports-exhausted" };
    expect(track(podTo(5, 40_000))).toEqual({ ...refused, ports: { ...usage, used: 4 } });
    expect(conntrack.portUsage()).toEqual([{ ...usage, used: 4 }]);
    expect([conntrack.size, conntrack.counters.refused["ports-exhausted"]]).toEqual([4, 1]);

    // Half of what there was a warning at is in use: no second one when it rises again.
    conntrack.flush({ source: parsePrefix("10.0.1.2/31") });
    for (const n of [5, 6]) expect(track(podTo(n, 40_000))).toMatchObject({ isNew: true });
    expect(warnings).toHaveLength(1);
    // What is dead holds no port, swept or not.
    clock.advance(60_000);
    expect(track(podTo(7, 40_000))).toMatchObject({ reply: { destinationPort: 40_000 } });
    conntrack.flush();
    expect(conntrack.portUsage()).toEqual([]);
    for (let n = 1; n <= 3; n++) track(podTo(n, 40_000));
    expect(warnings).toHaveLength(2);
  });

  it("stay with a connection that is opened again", () => {
    const { track } = setUp();
    for (const n of [1, 2, 3, 4]) track(podTo(n, 40_000));
    track(podTo(2, 40_000), "abort");
    expect(track(podTo(2, 40_000))).toMatchObject({ isNew: true, outcome: "tracked" });
  });

  it.each<readonly [Partial<SourceNatOptions>, string]>([
    [{ ports: { first: 0, last: 9 } }, "ports: 0 to 9 is not a range within 1 to 65535"],
    [{ ports: { first: 9, last: 8 } }, "ports: 9 to 8 is not a range within 1 to 65535"],
    [{ ports: { first: 9, last: 70_000 } }, "ports: 9 to 70000 is not a range within 1 to 65535"],
    [{ probes: 0 }, "probes: 0 is not a whole number from 1 to 1024"],
    [{ seed: -1 }, "seed: -1 is not a whole number from 0 to 4294967295"],
    [{ warnAt: 0 }, "warnAt: 0 is not above 0 and up to 1"],
    [
      { addresses: [node, parseIp("192.0.2.11"), node6] },
      "addresses: 192.0.2.10, 192.0.2.11, 2001:db8::10 has two addresses of IPv4",
    ],
    [
      { addresses: [node] },
      "sources: fd00:1::/64 has no IPv6 address to leave with (add one to sourceNat.addresses)",
    ],
  ])("%j are refused", (options, message) => {
    expect(() => setUp(options)).toThrow(`create connection tracking with sourceNat.${message}`);
  });
});

describe("the search for a port", () => {
  it("is the one that is described, for whoever does it elsewhere", () => {
    const tuple = podTo(5, 1024);
    const search = { range: { first: 32_768, last: 65_535 }, probes: 3, seed: 0 };
    expect(hashTuple(tuple, 0)).toBe(1_109_111_435);
    expect([...candidatePorts(tuple, search)]).toEqual([45_707, 49_621, 63_998]);
    expect(hashTuple(tcpTuple("[fd00:1::5]:40001", "[2001:db8:1::1]:80"), 1)).toBe(1_318_240_675);
  });

  it("begins with the connection's own port, and comes by all of a small range once", () => {
    const anyPort = fc.integer({ min: 1, max: 65_535 });
    const sizes = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(anyPort, sizes, anyPort, fc.nat(), (first, size, own, seed) => {
        const range = { first, last: Math.min(65_535, first + size - 1) };
        const all = [...candidatePorts(podTo(5, own), { range, probes: 400, seed })];
        const kept = own >= range.first && own <= range.last ? [own] : [];
        expect(all.splice(0, kept.length)).toEqual(kept);
        const wanted = Array.from({ length: range.last - first + 1 }, (_, n) => first + n);
        expect(all.toSorted((left, right) => left - right)).toEqual(wanted);
      }),
    );
  });

  it("finds ports for as many connections as there is no warning for", () => {
    const range = { first: 32_768, last: 36_863 };
    const { track, warnings, conntrack } = setUp({ ports: range });
    for (let n = 0; warnings.length === 0; n++) {
      const tuple = tcpTuple(`10.0.1.${String(n % 256)}:${String(1000 + (n >>> 8))}`, web);
      expect(track(tuple)).toMatchObject({ outcome: "tracked" });
    }
    expect(conntrack.size).toBe(Math.ceil(4096 * 0.7));
  });
});
