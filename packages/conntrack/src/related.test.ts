import {
  createManualClock,
  type Ipv4Address,
  parseIpv4,
  parseIpv6,
  parsePrefix,
} from "@heddle/contracts";
import {
  icmp,
  ipv4,
  ipv6,
  ipv6Fragment,
  packet,
  type Packet,
  type PacketDraft,
  tcp,
  udp,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { type Conntrack, type ConntrackOptions, createConntrack } from "./index.ts";
import { observation, seen, segment, tcpTuple } from "./packets.fake.ts";

const pod = parseIpv4("10.0.1.5");
const server = parseIpv4("10.0.2.7");
const router = parseIpv4("192.0.2.1");
const web = { sourcePort: 40_000, destinationPort: 80 };

function setUp(options: ConntrackOptions = {}) {
  const clock = createManualClock();
  return { clock, conntrack: createConntrack({ clock }, options) };
}

/** A router's word to the sender of a packet. */
function error(quoted: PacketDraft, to: Ipv4Address): Packet {
  const message = icmp({ type: "time-exceeded", quoted });
  return seen(packet(ipv4({ source: router, destination: to }), message));
}

const request = packet(ipv4({ source: pod, destination: server }), tcp({ ...web, flags: ["ack"] }));
const answer = packet(
  ipv4({ source: server, destination: pod }),
  tcp({ sourcePort: 80, destinationPort: 40_000, flags: ["ack"] }),
);

describe("an ICMP error", () => {
  it("belongs to the connection of what it quotes, and goes the other way", () => {
    const { clock, conntrack } = setUp();
    conntrack.track(segment("client", "syn"));
    clock.advance(1000);
    const known = { outcome: "tracked", related: true, isNew: false, state: "opening" };
    expect(conntrack.track(error(request, pod))).toMatchObject({
      ...known,
      direction: "reply",
      remaining: 59_000,
    });
    expect(conntrack.track(error(answer, server))).toMatchObject({
      ...known,
      direction: "original",
    });
    expect([...conntrack.connections()]).toMatchObject([
      { answered: false, packets: { original: 2, reply: 1 } },
    ]);
  });

  it("about nothing that is known is stray, and begins nothing", () => {
    const { conntrack } = setUp();
    expect(conntrack.track(error(request, pod))).toEqual({
      outcome: "stray",
      reason: "quotes-unknown",
    });
    expect(conntrack.size).toBe(0);
  });

  it("reaches the pod behind a translated address", () => {
    const node = parseIpv4("192.0.2.10");
    const sourceNat = { addresses: [node], sources: [parsePrefix("10.0.1.0/24")] };
    const { conntrack } = setUp({ sourceNat });
    conntrack.track(observation(tcpTuple("10.0.1.5:40000", "10.0.2.7:80"), "open"));
    const outside = packet(
      ipv4({ source: node, destination: server }),
      tcp({ ...web, flags: ["syn"] }),
    );
    expect(conntrack.track(error(outside, node))).toMatchObject({
      related: true,
      direction: "reply",
      original: { source: pod, sourcePort: 40_000 },
    });
  });
});

const ping = (
  type: "echo-request" | "echo-reply",
  from: "pod" | "server",
  identifier: number,
): Packet => {
  const ends =
    from === "pod" ? { source: pod, destination: server } : { source: server, destination: pod };
  return seen(packet(ipv4(ends), icmp({ type, identifier })));
};

describe("an ICMP echo", () => {
  it("is a connection per identifier, and an answered one once there is a reply", () => {
    const { conntrack } = setUp();
    const opening = { isNew: true, state: "opening", remaining: 60_000 };
    expect(conntrack.track(ping("echo-request", "pod", 7))).toMatchObject(opening);
    expect(conntrack.track(ping("echo-request", "pod", 8))).toMatchObject(opening);
    expect(conntrack.track(ping("echo-reply", "server", 7))).toMatchObject({
      direction: "reply",
      state: "established",
    });
    expect(conntrack.track(ping("echo-reply", "server", 9))).toMatchObject({ outcome: "stray" });
    expect(conntrack.size).toBe(2);
  });

  it("is another one when the other side asks, whatever the identifier", () => {
    const { conntrack } = setUp();
    conntrack.track(ping("echo-request", "pod", 7));
    expect(conntrack.track(ping("echo-request", "server", 7))).toMatchObject({ isNew: true });
    // 0 looks alike in both directions, and a request must not pass for an answer.
    conntrack.track(ping("echo-request", "pod", 0));
    const wrong = { outcome: "invalid", reason: "wrong-direction" };
    expect(conntrack.track(ping("echo-request", "server", 0))).toEqual(wrong);
    expect(conntrack.track(ping("echo-reply", "pod", 0))).toEqual(wrong);
    expect(conntrack.track(ping("echo-reply", "server", 0))).toMatchObject({ direction: "reply" });
  });
});

describe("fragments", () => {
  const head = { source: pod, destination: server, identification: 9 };
  const first = seen(
    packet(ipv4({ ...head, moreFragments: true }), udp({ ...web, checksum: 0 }), "12345678"),
  );
  const later = (fragmentOffset: number, identification = 9): Packet =>
    seen(packet(ipv4({ ...head, identification, protocol: "udp", fragmentOffset }), "1234"));

  it("are of the connection of the first one, and do not extend it", () => {
    const { clock, conntrack } = setUp();
    expect(conntrack.track(first)).toMatchObject({ isNew: true, remaining: 60_000 });
    clock.advance(10_000);
    expect(conntrack.track(later(16))).toMatchObject({
      isNew: false,
      direction: "original",
      remaining: 50_000,
      original: { sourcePort: 40_000, destinationPort: 80 },
    });
    expect([...conntrack.connections()]).toMatchObject([
      { packets: { original: 2 }, bytes: { original: 36 + 24 } },
    ]);
  });

  it("over IPv6 too", () => {
    const { conntrack } = setUp();
    const ends = { source: parseIpv6("fd00:1::5"), destination: parseIpv6("fd00:2::7") };
    const part = { identification: 77, moreFragments: true };
    const start = packet(ipv6(ends), ipv6Fragment(part), udp({ ...web, checksum: 0 }), "12345678");
    const end = packet(
      ipv6(ends),
      ipv6Fragment({ identification: 77, nextHeader: "udp", fragmentOffset: 16 }),
      "1234",
    );
    expect(conntrack.track(seen(start))).toMatchObject({ isNew: true });
    expect(conntrack.track(seen(end))).toMatchObject({ isNew: false, outcome: "tracked" });
  });

  it.each<readonly [string, number, (conntrack: Conntrack) => void]>([
    ["came before the first one", 0, () => undefined],
    ["is of another datagram", 0, (conntrack) => void conntrack.track(later(16, 10))],
    ["came too late", 30_000, (conntrack) => void conntrack.track(first)],
  ])("are stray when one %s", (_, wait, prepare) => {
    const { clock, conntrack } = setUp();
    prepare(conntrack);
    clock.advance(wait);
    expect(conntrack.track(later(16))).toEqual({ outcome: "stray", reason: "unknown-fragment" });
  });

  it("that overlap spoil the datagram", () => {
    const { conntrack } = setUp();
    const overlapping = { outcome: "invalid", reason: "overlapping-fragment" };
    conntrack.track(first);
    expect(conntrack.track(first)).toMatchObject({ outcome: "tracked" });
    expect(conntrack.track(later(8))).toEqual(overlapping);
    expect(conntrack.track(later(16))).toEqual(overlapping);
    expect(conntrack.track(later(16, 10))).toMatchObject({ reason: "unknown-fragment" });
  });

  it("of which two say to be the first with other ports spoil it as well", () => {
    const { conntrack } = setUp();
    const ports = { sourcePort: 40_001, destinationPort: 80 };
    const other = packet(
      ipv4({ ...head, moreFragments: true }),
      udp({ ...ports, checksum: 0 }),
      "12345678",
    );
    conntrack.track(first);
    expect(conntrack.track(seen(other))).toMatchObject({ reason: "overlapping-fragment" });
    expect(conntrack.size).toBe(1);
  });

  it("are known of so many datagrams as was said, the latest ones", () => {
    const { conntrack } = setUp({ fragments: 1 });
    conntrack.track(first);
    const next = ipv4({ ...head, identification: 10, moreFragments: true });
    conntrack.track(seen(packet(next, udp({ ...web, checksum: 0 }), "12345678")));
    expect(conntrack.track(later(16))).toMatchObject({ reason: "unknown-fragment" });
    expect(conntrack.track(later(16, 10))).toMatchObject({ outcome: "tracked" });
  });

  it("that an ICMP error quotes are known by the datagram as well", () => {
    const { conntrack } = setUp();
    conntrack.track(first);
    // The second one would overlap, but whoever quotes it may have made it up.
    for (const fragmentOffset of [16, 8]) {
      const quoted = packet(ipv4({ ...head, protocol: "udp", fragmentOffset }), "1234");
      expect(conntrack.track(error(quoted, pod))).toMatchObject({
        related: true,
        direction: "reply",
        original: { sourcePort: 40_000 },
      });
    }
    expect(conntrack.track(later(16))).toMatchObject({ outcome: "tracked" });
    const unknown = packet(
      ipv4({ ...head, identification: 10, protocol: "udp", fragmentOffset: 16 }),
      "1234",
    );
    expect(conntrack.track(error(unknown, pod))).toMatchObject({ reason: "unknown-fragment" });
  });
});
