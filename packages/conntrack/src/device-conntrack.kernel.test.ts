import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseIp, parsePrefix, silentLogger, systemClock } from "@heddle/contracts";
import {
  createPinFolder,
  createTestNetns,
  joinNetns,
  requireFeature,
  type TestNetns,
  waitUntil,
} from "@heddle/testing";
import { probe, queryClsact, queryTcx } from "libbpf-napi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Connection,
  connectionTuple,
  createDeviceConntrack,
  type DeviceConntrack,
  type DeviceConntrackOptions,
  flushConnections,
  openConnections,
  type RemovedConnection,
  reverseTuple,
} from "./index.ts";

const deps = { clock: systemClock, logger: silentLogger };
const [near, far] = ["192.0.2.1", "192.0.2.2"].map(parseIp);

let stack: AsyncDisposableStack;
let netns: TestNetns;
let device: DeviceConntrackOptions["devices"][number];
beforeAll(async () => {
  stack = new AsyncDisposableStack();
  netns = stack.use(await createTestNetns("ct"));
  const other = stack.use(await createTestNetns("peer"));
  const wire = await joinNetns({ netns, device: "eth0" }, { netns: other, device: "eth0" });
  device = wire.near;
  // A kernel sends one sender an error a second, and some more at first.
  const unlimited = `require("fs").writeFileSync("/proc/sys/net/ipv4/icmp_ratelimit", "0")`;
  await other.run(process.execPath, "-e", unlimited);
  const ends = [
    [netns, wire.near, near],
    [other, wire.far, far],
  ] as const;
  for (const [side, index, address] of ends) {
    if (address === undefined) throw new Error("there are two addresses");
    await side.rtnetlink.addresses.add({ device: index, address, prefixLength: 24 });
  }
});
afterAll(async () => stack.disposeAsync());

/** Tracks the device of the namespace. */
async function track(options: Partial<DeviceConntrackOptions> = {}): Promise<DeviceConntrack> {
  const place = { ceiling: 1024, devices: [device], netns: netns.path };
  const conntrack = createDeviceConntrack(deps, { ...place, ...options });
  await conntrack.start();
  return conntrack;
}

/** A SYN to a port where nobody listens, and the reset that comes back. */
async function connect(port: number): Promise<void> {
  const script = `require("net").connect(${String(port)}, "${String(far)}").on("error", () => {})`;
  await netns.run(process.execPath, "-e", script);
}

/** A datagram to a port where nobody listens, and the ICMP error that comes back. */
async function send(port: number): Promise<void> {
  const script = `const s = require("dgram").createSocket("udp4"); s.bind(5000, () => s.send("x", ${String(port)}, "${String(far)}", () => s.close()))`;
  await netns.run(process.execPath, "-e", script);
}

/** How many programs see what comes in by the device, by links and by filters. */
async function attached(): Promise<Record<"tcx" | "clsact", number>> {
  const place = { netns: netns.path };
  const filters = await queryClsact(device, "ingress", place);
  const hasTcx = (await probe("tcx")).supported;
  const links = hasTcx ? (await queryTcx(device, "ingress", place)).programs : [];
  return { tcx: links.length, clsact: filters.length };
}

async function all(conntrack: DeviceConntrack): Promise<readonly Connection[]> {
  return await Array.fromAsync(conntrack.connections.connections());
}

function tupleTo(protocol: "tcp" | "udp", sourcePort: number, destinationPort: number) {
  if (near === undefined || far === undefined) throw new Error("there are two addresses");
  return connectionTuple({ protocol, source: near, destination: far, sourcePort, destinationPort });
}

describe("connection tracking of a device, without an agent", () => {
  it("follows what passes in both directions, the errors about it included, and lets it pass", async () => {
    await using conntrack = await track();
    await connect(80);
    const [closed] = await waitUntil("a connection that is reset", async () => {
      const found = await all(conntrack);
      return found.some(({ state }) => state === "closing") ? found : undefined;
    });
    expect(closed).toMatchObject({
      original: { protocol: "tcp", source: near, destination: far, destinationPort: 80 },
      answered: true,
      packets: { original: 1, reply: 1 },
    });
    const left = (closed?.expires ?? 0) - systemClock.monotonic();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(10_100);

    await send(53);
    const sent = tupleTo("udp", 5000, 53);
    const datagram = await waitUntil("an error about the datagram", () => {
      const found = conntrack.connections.get(sent);
      return found?.packets.reply === 1 ? found : undefined;
    });
    // The error counts, and is no answer.
    expect(datagram).toMatchObject({ original: sent, state: "opening", answered: false });
    expect(conntrack.connections.get(reverseTuple(sent))).toMatchObject({ original: sent });
    expect(conntrack.connections.counters()).toMatchObject({ created: 2, tracked: 4 });
    expect(conntrack.connections.fill()).toEqual({ connections: 2, limit: 1024, ceiling: 1024 });
  });

  it("forgets what a filter means, in the kernel, and tells who asks of what left", async () => {
    await using conntrack = await track();
    const told: RemovedConnection[] = [];
    const subscription = conntrack.connections.removals.events$.subscribe((one) => told.push(one));
    await Promise.all([connect(80), connect(81), send(53)]);
    await waitUntil("three connections", () => conntrack.connections.fill().connections === 3);
    const { connections } = conntrack;
    const elsewhere = { address: parsePrefix("198.51.100.0/24") };
    expect(await connections.flush(elsewhere)).toBe(0);
    expect(await connections.flush({ protocol: "tcp", destinationPort: 80 })).toBe(1);
    expect(await connections.flush({ source: parsePrefix("192.0.2.0/31"), protocol: "udp" })).toBe(
      1,
    );
    expect(
      await connections.flush({ destination: parsePrefix("192.0.2.2/32"), state: "closing" }),
    ).toBe(1);
    expect(connections.fill().connections).toBe(0);
    await waitUntil("three events", () => told.length === 3);
    const kinds = told.map(({ removal, connection }) => [
      removal,
      connection.original.destinationPort,
    ]);
    expect(kinds).toEqual([
      ["flushed", 80],
      ["flushed", 53],
      ["flushed", 81],
    ]);
    expect(connections.counters().removed.flushed).toBe(3);

    subscription.unsubscribe();
    await send(54);
    expect(await connections.flush()).toBe(1);
    expect(told).toHaveLength(3);
  });

  it("sweeps what is dead by itself, and streams its counters", async () => {
    await using conntrack = await track({
      timeouts: { other: 50 },
      sweep: { shortest: 10, longest: 20 },
      countersInterval: 10,
    });
    const seen: number[] = [];
    const subscription = conntrack.connections.counters$.subscribe(({ removed }) =>
      seen.push(removed.expired),
    );
    await send(53);
    await waitUntil("a sweep", () => seen.at(-1) === 1);
    expect(conntrack.connections.fill().connections).toBe(0);
    subscription.unsubscribe();
  });

  it("changes its limit while it runs, up to what the table was made for", async () => {
    await using conntrack = await track({ limit: 1 });
    await connect(80);
    conntrack.connections.setLimit(3);
    await Promise.all([connect(81), connect(82)]);
    await waitUntil("three connections", () => conntrack.connections.fill().connections === 3);
    expect(conntrack.connections.counters()).toMatchObject({ removed: { "evicted-closing": 0 } });
    expect(() => conntrack.connections.setLimit(1025)).toThrow(
      "limit: 1025 is not a whole number from 1 to the 1024 entries of the map",
    );
  });

  it("lets others look at what it has pinned, and the next process go on with it", async () => {
    using pins = createPinFolder();
    {
      await using first = await track({ pins: pins.path });
      await send(53);
      await waitUntil("a connection", () => first.connections.fill().connections === 1);
      using reader = openConnections(deps, pins.path);
      expect(reader.fill()).toEqual({ connections: 1, limit: 1024, ceiling: 1024 });
      expect(reader.get(tupleTo("udp", 5000, 53))).toMatchObject({ packets: { original: 1 } });
      expect(await Array.fromAsync(reader.connections({ protocol: "tcp" }))).toEqual([]);
      expect(reader.counters().created).toBe(1);
    }
    await using second = await track({ pins: pins.path });
    expect(second.connections.get(tupleTo("udp", 5000, 53))).toBeDefined();
    expect(() => openConnections(deps, `${pins.path}/nothing`)).toThrow(
      expect.objectContaining({ code: "pin-missing" }),
    );
  });

  it("has connections forgotten that are pinned, whether or not it runs", async () => {
    using pins = createPinFolder();
    const first = await track({ pins: pins.path });
    await Promise.all([send(53), connect(80)]);
    await waitUntil("connections", () => first.connections.fill().connections === 2);
    expect(await flushConnections(pins.path, { protocol: "icmp" })).toBe(0);
    expect(await flushConnections(pins.path, { protocol: "tcp" })).toBe(1);
    expect(first.connections.fill().connections).toBe(1);
    expect(first.connections.counters().removed.flushed).toBe(1);
    await first.close();
    expect(await flushConnections(pins.path, {})).toBe(1);
    using reader = openConnections(deps, pins.path);
    expect(reader.fill().connections).toBe(0);
    await expect(flushConnections(`${pins.path}/nothing`, {})).rejects.toMatchObject({
      code: "pin-missing",
    });
    expect(existsSync(`${pins.path}/nothing`)).toBe(false);
  });

  it.for(["tcx", "clsact"] as const)(
    "sees packets by %s, and takes its programs off when it is closed",
    async (attachment, context) => {
      if (attachment === "tcx") await requireFeature(context, "tcx");
      const none = { tcx: 0, clsact: 0 };
      const conntrack = await track({ attachment });
      expect(await attached()).toEqual({ ...none, [attachment]: 1 });
      await connect(80);
      await waitUntil("both directions", async () => {
        const found = await all(conntrack);
        return found.some(({ packets: { original, reply } }) => original === 1 && reply === 1);
      });
      await conntrack.close();
      expect(await attached()).toEqual(none);
      expect(() => conntrack.connections).toThrow(
        expect.objectContaining({ code: "not-tracking" }),
      );
    },
  );

  it("is what the example shows", async () => {
    const example = new URL("../examples/watch-device.ts", import.meta.url).pathname;
    const argv = [`--net=${netns.path}`, "--", process.execPath, example, "eth0"];
    const child = spawn("nsenter", argv, { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const lines: string[] = [];
      createInterface(child.stdout).on("line", (line) => lines.push(line));
      await waitUntil("the example to attach", async () => {
        const { tcx, clsact } = await attached();
        return tcx + clsact > 0;
      });
      await send(53);
      const line = await waitUntil("a line of the example", () => lines[0]);
      expect(line).toMatch(/^udp 192\.0\.2\.1:5000 > 192\.0\.2\.2:53 opening \d+ s 2 packets$/);
    } finally {
      child.kill();
      await once(child, "close");
    }
  });
});
