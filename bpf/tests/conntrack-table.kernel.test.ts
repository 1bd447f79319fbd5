import { rmSync } from "node:fs";
import {
  type IpAddress,
  ipv4FromNumber,
  isIpv4Address,
  parseIp,
  parsePrefix,
} from "@heddle/contracts";
import type { Connection, Scope } from "@heddle/conntrack";
import { ConnectionState } from "@heddle/conntrack/bpf";
import {
  buildPacket,
  ethernet,
  icmp,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  packet,
  tcp,
  type TcpFlag,
  udp,
} from "@heddle/packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileFixture } from "./compile-fixture.ts";
import { TrackedKernel } from "./tracked-kernel.ts";

const folders: string[] = [];
let file: string;
beforeAll(() => {
  file = compileFixture("track_outcome", (folder) => folders.push(folder));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const server = parseIp("10.0.2.7");

/** Two ends of a TCP connection; `back` for what the server sends. */
function segment(client: IpAddress, flags: readonly TcpFlag[], back = false): Uint8Array {
  const [source, destination] = back ? [server, client] : [client, server];
  if (!isIpv4Address(source) || !isIpv4Address(destination)) throw new Error("not IPv4");
  const [sourcePort, destinationPort] = back ? [80, 40_000] : [40_000, 80];
  const transport = tcp({ sourcePort, destinationPort, flags });
  return buildPacket(packet(ethernet(), ipv4({ source, destination }), transport));
}

const client = parseIp("10.0.1.5");
const legitimate = (n: number): IpAddress => ipv4FromNumber(0x0a00_0100 + n);
const forged = (n: number): IpAddress => ipv4FromNumber(0xc600_0000 + n);

async function establish(kernel: TrackedKernel, from: IpAddress): Promise<void> {
  await kernel.track(segment(from, ["syn"]));
  await kernel.track(segment(from, ["syn", "ack"], true));
  await kernel.track(segment(from, ["ack"]));
}

/** What is left of the only connection's time, in seconds. */
async function remaining(kernel: TrackedKernel, now: number): Promise<number | undefined> {
  const [connection, ...others] = await kernel.all();
  expect(others).toEqual([]);
  return connection && (connection.expires - now) / 1000;
}

describe("the time that a connection has left", () => {
  type Step = readonly [flags: readonly TcpFlag[], back: boolean, seconds: number];
  const rows: readonly (readonly [string, Scope, readonly Step[]])[] = [
    [
      "of a connection from its SYN to the next one",
      "connection",
      [
        [["syn"], false, 60],
        [["syn"], false, 60],
        [["ack"], false, 8000],
        [["fin", "ack"], false, 8000],
        [["fin", "ack"], true, 10],
        [["ack"], false, 9],
        [["ack"], true, 8],
        [["syn"], false, 60],
      ],
    ],
    [
      "of a connection that is reset",
      "connection",
      [
        [["syn"], false, 60],
        [["syn", "ack"], true, 60],
        [["ack"], false, 8000],
        [["rst"], true, 10],
        [["rst"], false, 9],
        [["ack"], true, 8],
      ],
    ],
    [
      "of a service entry, which closes on one FIN",
      "service",
      [
        [["syn"], false, 60],
        [["ack"], false, 8000],
        [["fin", "ack"], false, 60],
        [["ack"], false, 59],
        [["syn"], false, 60],
      ],
    ],
  ];

  it.each(rows)("%s is what was agreed", async (_name, scope, steps) => {
    using kernel = await TrackedKernel.load(file);
    let now = 1_000_000;
    const seen: unknown[] = [];
    for (const [flags, back] of steps) {
      kernel.setTime((now += 1000));
      await kernel.track(segment(client, flags, back), scope);
      seen.push(await remaining(kernel, now));
    }
    expect(seen).toEqual(steps.map(([, , seconds]) => seconds));
  });

  const kinds: readonly (readonly [string, Scope, readonly Uint8Array[], number])[] = [
    ["opening", "connection", [segment(client, ["syn"])], 11],
    ["established", "connection", [segment(client, ["ack"])], 12],
    ["closing", "connection", [segment(client, ["ack"]), segment(client, ["rst"])], 9],
    ["other", "connection", [datagram()], 13],
    ["opening", "service", [segment(client, ["syn"])], 21],
    ["established", "service", [segment(client, ["ack"])], 22],
    ["closing", "service", [segment(client, ["ack"]), segment(client, ["rst"])], 19],
    ["other", "service", [datagram()], 23],
  ];
  it.each(kinds)("is the timeout of %s of a %s", async (_kind, scope, frames, seconds) => {
    const timeouts = { opening: 11_000, established: 12_000, closing: 9000, other: 13_000 };
    const serviceTimeouts = {
      opening: 21_000,
      established: 22_000,
      closing: 19_000,
      other: 23_000,
    };
    using kernel = await TrackedKernel.load(file, { timeouts, serviceTimeouts });
    kernel.setTime(5000);
    for (const frame of frames) await kernel.track(frame, scope);
    expect(await remaining(kernel, 5000)).toBe(seconds);
  });

  it("is over at its end: what comes then is of no connection, or begins another", async () => {
    using kernel = await TrackedKernel.load(file);
    await kernel.track(segment(client, ["syn"]));
    kernel.setTime(59_999);
    expect(await kernel.track(segment(client, ["syn", "ack"], true))).toMatchObject({
      isNew: false,
    });
    kernel.setTime(59_999 + 60_000);
    expect(await kernel.track(segment(client, ["syn", "ack"], true))).toEqual({
      outcome: "stray",
      reason: "no-connection",
    });
    expect(kernel.count).toBe(0);
    expect(kernel.removals()).toMatchObject({ expired: 1 });
  });
});

function datagram(): Uint8Array {
  const ports = { sourcePort: 40_000, destinationPort: 80 };
  if (!isIpv4Address(client) || !isIpv4Address(server)) throw new Error("not IPv4");
  return buildPacket(
    packet(ethernet(), ipv4({ source: client, destination: server }), udp(ports), "x"),
  );
}

/** Whose connections there are, by address. */
function clients(connections: readonly Connection[]): ReadonlySet<string> {
  return new Set(connections.map(({ original }) => original.source));
}

describe("a full table", () => {
  it("gives up what is closing, then what is half-open, the oldest first, and nothing that stands", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 5 });
    let now = 1000;
    const at = (): void => kernel.setTime((now += 1));
    await establish(kernel, legitimate(0));
    for (const n of [1, 2]) {
      at();
      await kernel.track(segment(legitimate(n), ["syn"]));
    }
    for (const n of [3, 4]) await establish(kernel, legitimate(n));
    await kernel.track(segment(legitimate(4), ["rst"]));
    await kernel.track(segment(legitimate(3), ["rst"]));
    // A second SYN does not make a connection younger.
    await kernel.track(segment(legitimate(1), ["syn"]));
    const gone: string[] = [];
    for (let n = 5; n < 9; n++) {
      const before = clients(await kernel.all());
      await establish(kernel, legitimate(n));
      gone.push(...before.difference(clients(await kernel.all())));
    }
    expect(gone).toEqual([4, 3, 1, 2].map(legitimate));
    const refused = await kernel.track(segment(legitimate(9), ["syn"]));
    expect(refused).toEqual({ outcome: "refused", reason: "table-full" });
    expect(kernel.removals()).toMatchObject({ "evicted-closing": 2, "evicted-half-open": 2 });
    expect(kernel.count).toBe(5);
  });

  it("grows and shrinks by a number, without losing an entry", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 2, ceiling: 16 });
    for (let n = 0; n < 2; n++) await establish(kernel, legitimate(n));
    expect(await kernel.track(segment(legitimate(2), ["syn"]))).toMatchObject({
      reason: "table-full",
    });
    kernel.change({ limit: 4n });
    for (let n = 2; n < 4; n++) await establish(kernel, legitimate(n));
    kernel.change({ limit: 1n });
    expect(await kernel.track(segment(legitimate(4), ["syn"]))).toMatchObject({
      reason: "table-full",
    });
    expect(clients(await kernel.all())).toEqual(new Set([0, 1, 2, 3].map(legitimate)));
  });

  it("passes over the places that connections left behind, and finds one behind them", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 16, ceiling: 64 });
    let now = 0;
    for (let n = 0; n < 15; n++) await establish(kernel, legitimate(n));
    // Each comes and goes, and leaves a place in both queues.
    for (let n = 0; n < 200; n++) {
      kernel.setTime((now += 1));
      await establish(kernel, legitimate(100));
      await kernel.track(segment(legitimate(100), ["rst"]));
    }
    for (let n = 0; n < 50; n++) {
      kernel.setTime((now += 1));
      expect(await kernel.track(segment(forged(n), ["syn"]))).toMatchObject({ isNew: true });
    }
    expect(kernel.count).toBe(16);
  });
});

describe("a flood of ten times the size of the table", () => {
  const size = 512;

  it.each([
    ["SYNs", ["syn"]],
    ["other segments", ["ack"]],
  ] as const)(
    "of %s evicts no established connection, and stops no new one",
    async (_name, flags) => {
      using kernel = await TrackedKernel.load(file, { limit: size });
      const established = size / 2;
      let now = 0;
      for (let n = 0; n < established; n++) await establish(kernel, legitimate(n));
      let newcomers = established;
      for (let n = 0; n < size * 10; n++) {
        if (n % 64 === 0) kernel.setTime((now += 4));
        expect(await kernel.track(segment(forged(n), flags))).toMatchObject({ isNew: true });
        if (n % 100 !== 0) continue;
        const from = legitimate(newcomers++);
        expect(await kernel.track(segment(from, ["syn"]))).toMatchObject({ isNew: true });
        // The flood goes on while the answer is on its way.
        for (let m = 0; m < 20; m++) {
          const other = segment(forged(1_000_000 + n * 20 + m), flags);
          expect(await kernel.track(other)).toMatchObject({ isNew: true });
        }
        expect(await kernel.track(segment(from, ["syn", "ack"], true))).toMatchObject({
          outcome: "tracked",
        });
        expect(await kernel.track(segment(from, ["ack"]))).toMatchObject({ isNew: false });
      }
      const standing = (await kernel.all()).filter(({ answered }) => answered);
      expect(clients(standing)).toEqual(
        new Set(Array.from({ length: newcomers }, (_, n) => legitimate(n))),
      );
      expect(kernel.count).toBe(size);
      const evicted = size * 10 + 52 * 20 + newcomers - size;
      expect(kernel.removals()).toMatchObject({ "evicted-half-open": evicted, expired: 0 });
    },
  );
});

describe("packets that several CPUs see at once", () => {
  it("lose none of one another's counts and changes", async () => {
    using kernel = await TrackedKernel.load(file);
    const many = 20_000;
    for (let n = 0; n < 20; n++) {
      const from = legitimate(n);
      const sides = [false, true];
      await kernel.track(segment(from, ["syn"]));
      await Promise.all(
        sides.map((back) => kernel.track(segment(from, ["ack"], back), undefined, many)),
      );
      await Promise.all(sides.map((back) => kernel.track(segment(from, ["fin", "ack"], back))));
    }
    const all = await kernel.all();
    expect(all).toHaveLength(20);
    for (const { state, answered, packets } of all) {
      expect({ state, answered, packets }).toEqual({
        state: "closing",
        answered: true,
        packets: { original: many + 2, reply: many + 1 },
      });
    }
  });
});

/** The state of a connection that is about to be removed. */
const leaving = BigInt(ConnectionState.leaving);

describe.each([
  ["the kernel's memory", true],
  ["the hash", false],
])("a sweep in the order of %s", (_order, readsMemory) => {
  it("removes what is dead, keeps what lives, and can be told to stop after so many", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 64, readsMemory });
    for (let n = 0; n < 20; n++) await kernel.track(segment(forged(n), ["syn"]));
    await establish(kernel, legitimate(0));
    kernel.setTime(60_000);
    const parts = await kernel.sweepAll({ budget: 8 });
    expect(parts.map(({ expired, next }) => [expired, next !== undefined])).toEqual([
      [8, true],
      [8, true],
      [4, false],
    ]);
    expect(await kernel.sweep()).toMatchObject({
      expired: 0,
      visited: 1,
      next: undefined,
      now: 60_000n,
      soonest: 8_000_000n,
    });
    expect(clients(await kernel.all())).toEqual(new Set([legitimate(0)]));
    expect(kernel.count).toBe(1);
    expect(kernel.removals()).toMatchObject({ expired: 20 });
  });

  it("removes what it is told to, dead or not, and nothing else", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 64, readsMemory });
    for (let n = 0; n < 8; n++) await establish(kernel, legitimate(n));
    const filter = { source: parsePrefix(`${legitimate(3)}/32`) };
    expect(await kernel.sweep({ filter })).toMatchObject({ flushed: 1, expired: 0, visited: 8 });
    expect(clients(await kernel.all())).toEqual(
      new Set([0, 1, 2, 4, 5, 6, 7].map((n) => legitimate(n))),
    );
    expect(await kernel.sweep({ filter: {} })).toMatchObject({ flushed: 7 });
    expect(kernel.count).toBe(0);
    expect(await kernel.sweep({ filter: {} })).toMatchObject({ flushed: 0, visited: 0 });
  });

  it("removes what somebody was about to remove a second ago, and did not", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 64, readsMemory });
    await kernel.track(segment(client, ["syn"]));
    for (const [key, entry] of await Array.fromAsync(kernel.connections.entries())) {
      kernel.connections.set(key, { ...entry, word: entry.word | leaving });
    }
    kernel.setTime(60_500);
    expect(await kernel.sweep()).toMatchObject({ expired: 0 });
    kernel.setTime(61_500);
    expect(await kernel.sweep()).toMatchObject({ expired: 1 });
    expect(kernel.count).toBe(0);
  });

  it("finds those again that took the places of others", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 64, ceiling: 64, readsMemory });
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 64; n++) await kernel.track(segment(forged(round * 64 + n), ["syn"]));
      kernel.setTime((round + 1) * 60_000);
      expect(await kernel.sweep()).toMatchObject({ visited: 64, expired: 64 });
    }
    expect(kernel.count).toBe(0);
  });
});

describe("a sweep of a large table", () => {
  it("comes to its end in parts, none of which keeps the processor for long", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 300_000, ceiling: 300_000 });
    for (let n = 0; n < 20; n++) await kernel.track(segment(forged(n), ["syn"]));
    kernel.setTime(60_000);
    const parts = await kernel.sweepAll();
    expect(parts.map(({ next }) => next)).toEqual([2n ** 18n, undefined]);
    expect(parts.reduce((sum, { expired }) => sum + expired, 0)).toBe(20);
    expect(kernel.count).toBe(0);
  });

  it("that begins behind its end is over", async () => {
    using kernel = await TrackedKernel.load(file, { limit: 64 });
    expect(await kernel.sweep({ from: 2n ** 40n })).toMatchObject({ visited: 0, next: undefined });
  });
});

/** A part of a datagram; the first one has its UDP header. */
function part(fragmentOffset: number, moreFragments: boolean, length: number): Uint8Array {
  if (!isIpv4Address(client) || !isIpv4Address(server)) throw new Error("not IPv4");
  const fields = { fragmentOffset, moreFragments, identification: 7, protocol: "udp" } as const;
  const header = ipv4({ source: client, destination: server, ...fields });
  const ports = { sourcePort: 9, destinationPort: 80 };
  const body = fragmentOffset === 0 ? [udp({ ...ports, length: 100, checksum: 1 })] : [];
  return buildPacket(packet(ethernet(), header, ...body, new Uint8Array(length - body.length * 8)));
}

describe("packets that nobody sends who means well", () => {
  it.each([
    ["no flag at all", []],
    ["SYN and FIN", ["syn", "fin"]],
    ["SYN and RST", ["syn", "rst"]],
    ["FIN without ACK", ["fin"]],
    ["all flags", ["fin", "syn", "rst", "psh", "ack", "urg"]],
  ] as const)("TCP with %s", async (_name, flags) => {
    using kernel = await TrackedKernel.load(file);
    expect(await kernel.track(segment(client, flags))).toEqual({
      outcome: "invalid",
      reason: "impossible-signal",
    });
    expect(await kernel.all()).toEqual([]);
  });

  it("an ICMP error that quotes nothing we know", async () => {
    using kernel = await TrackedKernel.load(file);
    if (!isIpv4Address(client) || !isIpv4Address(server)) throw new Error("not IPv4");
    const quoted = packet(ipv4({ source: client, destination: server }), tcp());
    const error = packet(
      ethernet(),
      ipv4({ source: server, destination: client }),
      icmp({ type: "destination-unreachable", quoted }),
    );
    expect(await kernel.track(buildPacket(error))).toEqual({
      outcome: "stray",
      reason: "quotes-unknown",
    });
    expect(kernel.count).toBe(0);
  });

  it("fragments that overlap: nothing of the datagram is believed any more", async () => {
    using kernel = await TrackedKernel.load(file);
    const invalid = { outcome: "invalid", reason: "overlapping-fragment" };
    expect(await kernel.track(part(0, true, 48))).toMatchObject({ isNew: true });
    expect(await kernel.track(part(48, true, 24))).toMatchObject({ outcome: "tracked" });
    expect(await kernel.track(part(40, true, 24))).toEqual(invalid);
    expect(await kernel.track(part(72, false, 28))).toEqual(invalid);
    const [connection] = await kernel.all();
    expect(connection).toMatchObject({ packets: { original: 2 } });
  });

  it.each([
    [8, { isNew: true }],
    [9, { outcome: "invalid", reason: "header-chain" }],
  ])(
    "%i IPv6 extension headers, of 400 bytes each, as many as a test packet holds",
    async (count, wanted) => {
      using kernel = await TrackedKernel.load(file);
      const [source, destination] = [parseIp("fd00::5"), parseIp("fd00:1::7")];
      if (isIpv4Address(source) || isIpv4Address(destination)) throw new Error("not IPv6");
      const chain = Array.from({ length: count }, () =>
        ipv6DestinationOptions({ options: [], optionTail: new Uint8Array(398) }),
      );
      const frame = packet(
        ethernet(),
        ipv6({ source, destination }),
        ...chain,
        tcp({ flags: ["syn"] }),
      );
      expect(await kernel.track(buildPacket(frame))).toMatchObject(wanted);
    },
  );
});
