import { rmSync } from "node:fs";
import { parseIpv4, parseIpv6, parsePrefix } from "@heddle/contracts";
import {
  type Connection,
  connectionTuple,
  findEntry,
  reverseTuple,
  type SourceNatOptions,
} from "@heddle/conntrack";
import {
  buildPacket,
  ethernet,
  findLayer,
  ipv4,
  ipv6,
  ipv6Fragment,
  packet,
  parsePacket,
  sctp,
  tcp,
  type TcpFlag,
  udp,
  verifyChecksums,
} from "@heddle/packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileFixture } from "./compile-fixture.ts";
import { TrackedKernel, type TrackedOptions } from "./tracked-kernel.ts";

const folders: string[] = [];
let file: string;
beforeAll(() => {
  file = compileFixture("track_outcome", (folder) => folders.push(folder));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const node = parseIpv4("192.0.2.10");
const node6 = parseIpv6("2001:db8::10");
const web = parseIpv4("198.51.100.1");
const sourceNat: SourceNatOptions = {
  addresses: [node, node6],
  sources: ["10.0.0.0/16", "fd00::/32"].map(parsePrefix),
  ports: { first: 40_000, last: 40_099 },
};

const pod = (n: number) => parseIpv4(`10.0.${String(n >> 8)}.${String(n & 255)}`);

/** A segment of a pod's connection; `from` is its port. */
function segment(n: number, flags: readonly TcpFlag[], from = 40_000, to = 80): Uint8Array {
  const ports = { sourcePort: from, destinationPort: to };
  return buildPacket(
    packet(ethernet(), ipv4({ source: pod(n), destination: web }), tcp({ ...ports, flags })),
  );
}

/** What the server answers to a port of the node. */
function answer(port: number, flags: readonly TcpFlag[]): Uint8Array {
  const ports = { sourcePort: 80, destinationPort: port };
  return buildPacket(
    packet(ethernet(), ipv4({ source: web, destination: node }), tcp({ ...ports, flags })),
  );
}

async function load(options: TrackedOptions = {}, nat = sourceNat): Promise<TrackedKernel> {
  const kernel = await TrackedKernel.load(file, options);
  await kernel.setSourceNat(nat);
  return kernel;
}

/** The port that a new connection of the pod leaves with. */
async function open(kernel: TrackedKernel, n: number, from?: number, to?: number): Promise<number> {
  const { outcome, frame } = await kernel.translate(segment(n, ["syn"], from, to));
  expect(outcome).toMatchObject({ isNew: true });
  return findLayer(parsePacket(frame, { linkType: "ethernet" }), "tcp")?.sourcePort ?? 0;
}

async function establish(kernel: TrackedKernel, n: number): Promise<void> {
  const port = await open(kernel, n);
  await kernel.translate(answer(port, ["syn", "ack"]));
  await kernel.translate(segment(n, ["ack"]));
}

/** What there is of translated connections: themselves, their aliases, their ports in the accounts. */
async function held(kernel: TrackedKernel) {
  return {
    connections: kernel.count,
    aliases: await kernel.aliases(),
    gauge: Number(kernel.gauges.get(0)?.translated),
    ports: (await kernel.portUses()).reduce((sum, used) => sum + used, 0),
  };
}

const holds = (count: number) => ({
  connections: count,
  aliases: count,
  gauge: count,
  ports: count,
});

describe("what a translated connection has beside its entry", () => {
  type Row = readonly [
    name: string,
    after: (kernel: TrackedKernel) => Promise<unknown>,
    left: number,
  ];
  const rows: readonly Row[] = [
    ["is there while it lives", async () => {}, 2],
    [
      "goes with a sweep",
      async (kernel) => {
        kernel.setTime(60_000);
        await kernel.sweep();
      },
      0,
    ],
    [
      "goes with a flush",
      async (kernel) => kernel.sweep({ filter: { source: parsePrefix("10.0.0.1/32") } }),
      1,
    ],
    [
      "goes when the dead connection is met, from either side",
      async (kernel) => {
        kernel.setTime(60_000);
        await kernel.translate(segment(1, ["ack", "syn"]));
        await kernel.translate(answer(40_001, ["ack", "syn"]));
      },
      0,
    ],
    [
      "goes when another one takes the dead one's port",
      async (kernel) => {
        kernel.setTime(60_000);
        expect(await open(kernel, 3)).toBe(40_000);
      },
      2,
    ],
    [
      "is another one's when a connection begins in its place",
      async (kernel) => {
        await kernel.translate(answer(40_000, ["rst"]));
        expect(await open(kernel, 1)).toBe(40_000);
      },
      2,
    ],
    [
      "goes with an eviction",
      async (kernel) => {
        kernel.change({ limit: 2n });
        await open(kernel, 3);
      },
      2,
    ],
  ];
  it.each(rows)("%s", async (_name, after, left) => {
    using kernel = await load();
    expect(await open(kernel, 1)).toBe(40_000);
    await open(kernel, 2, 40_001);
    await after(kernel);
    expect(await held(kernel)).toEqual(holds(left));
  });

  it("is found by a reader from both sides, and by its own key when that is another's", async () => {
    using kernel = await load();
    await open(kernel, 1);
    const ends = { protocol: "tcp", source: node, destination: web, destinationPort: 80 } as const;
    const wire = connectionTuple({ ...ends, sourcePort: 40_000 });
    const found = findEntry(kernel.connections, reverseTuple(wire), "connection");
    expect(found?.key.address).toContain(pod(1));
    expect(findEntry(kernel.connections, wire, "connection")).toBeUndefined();

    // The node's own connection from the same port.
    const header = ipv4({ source: node, destination: web });
    const ports = { sourcePort: 40_000, destinationPort: 80, flags: ["syn"] as const };
    const own = buildPacket(packet(ethernet(), header, tcp(ports)));
    expect((await kernel.translate(own)).outcome).toMatchObject({ isNew: true });
    expect((await kernel.translate(own)).outcome).toMatchObject({ isNew: false });
    expect(findEntry(kernel.connections, wire, "connection")?.key.scope).toBe(2);
    expect(Number(kernel.gauges.get(0)?.oneWay)).toBe(1);
    await kernel.sweep({ filter: { scope: "connection" } });
    expect(await held(kernel)).toEqual(holds(0));
    expect(Number(kernel.gauges.get(0)?.oneWay)).toBe(0);
  });
});

describe("a table that is full with aliases", () => {
  it("gives up what is half-open, with its alias, and refuses when all stands", async () => {
    using kernel = await load({ limit: 64, ceiling: 8 });
    for (let n = 0; n < 4; n++) await open(kernel, n, 40_000 + n);
    expect(await held(kernel)).toEqual(holds(4));
    await open(kernel, 9, 40_009);
    expect(await held(kernel)).toEqual(holds(4));
    expect(kernel.removals()).toMatchObject({ "evicted-half-open": 1 });

    await kernel.sweep({ filter: {} });
    for (let n = 0; n < 4; n++) await establish(kernel, n);
    const refused = await kernel.translate(segment(9, ["syn"]));
    expect(refused).toEqual({
      outcome: { outcome: "refused", reason: "table-full" },
      frame: segment(9, ["syn"]),
    });
    expect(await held(kernel)).toEqual(holds(4));
  });
});

describe("ports that run out", () => {
  it("are refused, change nothing, and are free again with the end of a connection", async () => {
    using kernel = await load({}, { ...sourceNat, ports: { first: 40_000, last: 40_003 } });
    const used = new Set<number>();
    for (let n = 0; n < 4; n++) used.add(await open(kernel, n, 1000));
    expect(used).toEqual(new Set([40_000, 40_001, 40_002, 40_003]));
    const syn = segment(5, ["syn"], 1000);
    expect(await kernel.translate(syn)).toEqual({
      outcome: { outcome: "refused", reason: "ports-exhausted" },
      frame: syn,
    });
    expect(await held(kernel)).toEqual(holds(4));
    // To another port of the same server they are all free.
    await open(kernel, 5, 1000, 81);
    await kernel.sweep({ filter: { source: parsePrefix("10.0.0.2/32") } });
    await open(kernel, 5, 1000);
  });

  it("are taken also when there is no account left for their destination", async () => {
    const accounts = 64;
    using kernel = await load({ accounts });
    for (let n = 0; n < accounts; n++) await kernel.track(segment(1, ["syn"], 40_000, 80 + n));
    expect(await kernel.portUses()).toHaveLength(accounts);
    const port = await open(kernel, 2);
    expect(port).not.toBe(40_000);
    const other = { sourcePort: 40_000, destinationPort: 9 };
    const header = ipv4({ source: pod(1), destination: parseIpv4("198.51.100.9") });
    const { outcome } = await kernel.translate(buildPacket(packet(ethernet(), header, udp(other))));
    expect(outcome).toMatchObject({ isNew: true });
    expect(kernel.sourceNatCounters()).toEqual({
      translated: accounts + 2,
      leaks: 0,
      uncounted: 1,
    });
    await kernel.sweep({ filter: {} });
    expect(await kernel.portUses()).toEqual([]);
    expect(await kernel.aliases()).toBe(0);
  });
});

/** The fragments of a datagram with a UDP header, in order. */
function fragmentsOf(family: 4 | 6): readonly Uint8Array[] {
  const destination6 = parseIpv6("2001:db8:9::9");
  const source6 = parseIpv6("fd00::5");
  const whole =
    family === 4
      ? packet(
          ipv4({ source: pod(1), destination: web }),
          udp({ sourcePort: 7, destinationPort: 8 }),
          "x".repeat(80),
        )
      : packet(
          ipv6({ source: source6, destination: destination6 }),
          udp({ sourcePort: 7, destinationPort: 8 }),
          "x".repeat(80),
        );
  const body = buildPacket(whole).subarray(family === 4 ? 20 : 40);
  return [0, 48].map((offset) => {
    const fields = { fragmentOffset: offset, moreFragments: offset === 0, identification: 7 };
    const part = body.subarray(offset, offset === 0 ? 48 : body.length);
    return family === 4
      ? buildPacket(
          packet(
            ethernet(),
            ipv4({ source: pod(1), destination: web, protocol: "udp", ...fields }),
            part,
          ),
        )
      : buildPacket(
          packet(
            ethernet({ etherType: "ipv6" }),
            ipv6({ source: source6, destination: destination6, nextHeader: "ipv6-fragment" }),
            ipv6Fragment({ nextHeader: "udp", ...fields }),
            part,
          ),
        );
  });
}

/** An association of a pod, from a port that all pods take. */
const association = (n: number) =>
  buildPacket(
    packet(
      ethernet(),
      ipv4({ source: pod(n), destination: web }),
      sctp({ sourcePort: 7, destinationPort: 8, chunks: [{ type: "init" }] }),
    ),
  );

describe("a packet that is translated", () => {
  it.each([4, 6] as const)(
    "in fragments of IPv%i has a checksum that covers them all",
    async (family) => {
      using kernel = await load();
      const bodies: Uint8Array[] = [];
      for (const one of fragmentsOf(family)) {
        const { outcome, frame } = await kernel.translate(one);
        expect(outcome).toMatchObject({ outcome: "tracked" });
        bodies.push(frame.subarray(14 + (family === 4 ? 20 : 48)));
        const parsed = parsePacket(frame, { linkType: "ethernet" });
        expect(findLayer(parsed, family === 4 ? "ipv4" : "ipv6")?.source).toBe(
          family === 4 ? node : node6,
        );
      }
      const header =
        family === 4
          ? ipv4({ source: node, destination: web, protocol: "udp" })
          : ipv6({ source: node6, destination: parseIpv6("2001:db8:9::9"), nextHeader: "udp" });
      const whole = parsePacket(buildPacket(packet(header, Buffer.concat(bodies))), {
        linkType: "ip",
      });
      expect(verifyChecksums(whole).map(({ kind, verdict }) => [kind, verdict])).toContainEqual([
        "udp",
        "correct",
      ]);
    },
  );

  it("is one of SCTP with its own ports, and refused when they are another's", async () => {
    using kernel = await load();
    expect((await kernel.translate(association(1))).outcome).toMatchObject({ isNew: true });
    expect((await kernel.translate(association(2))).outcome).toEqual({
      outcome: "refused",
      reason: "ports-exhausted",
    });
  });
});

it("connections that are there stay as they are when nothing is to be translated any more", async () => {
  using kernel = await load();
  await open(kernel, 1);
  await kernel.setSourceNat(undefined);
  expect((await kernel.all()).map(({ reply }: Connection) => reply.destination)).toEqual([node]);
  const { frame } = await kernel.translate(segment(1, ["ack"]));
  expect(findLayer(parsePacket(frame, { linkType: "ethernet" }), "ipv4")?.source).toBe(node);
  const other = await kernel.translate(segment(2, ["syn"]));
  expect(other.frame).toEqual(segment(2, ["syn"]));
});
