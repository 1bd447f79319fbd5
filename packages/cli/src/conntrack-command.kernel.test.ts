import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type ConnectionRecord,
  createDeviceConntrack,
  type DeviceConntrack,
  openConnections,
} from "@heddle/conntrack";
import { type InterfaceIndex, parseIp, silentLogger, systemClock } from "@heddle/contracts";
import {
  createPinFolder,
  createTestNetns,
  joinNetns,
  type PinFolder,
  requireFeature,
  type TestNetns,
  waitUntil,
} from "@heddle/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Ran, runHere, type RunOptions } from "./testing/test-terminal.ts";

const deps = { clock: systemClock, logger: silentLogger };
const [near, far] = ["192.0.2.1", "192.0.2.2"] as const;

let place: AsyncDisposableStack;
let netns: TestNetns;
let device: InterfaceIndex;
beforeAll(async () => {
  place = new AsyncDisposableStack();
  netns = place.use(await createTestNetns("cli"));
  const other = place.use(await createTestNetns("peer"));
  const wire = await joinNetns({ netns, device: "eth0" }, { netns: other, device: "eth0" });
  device = wire.near;
  const ends = [
    [netns, wire.near, near],
    [other, wire.far, far],
  ] as const;
  for (const [side, index, address] of ends) {
    await side.rtnetlink.addresses.add({
      device: index,
      address: parseIp(address),
      prefixLength: 24,
    });
  }
});
afterAll(async () => place.disposeAsync());

let pins: PinFolder;
let maps: string;
let conntrack: DeviceConntrack;
/** Pins where an agent would, which does not run. */
beforeEach(async (context) => {
  await requireFeature(context, "tcx");
  pins = createPinFolder();
  maps = `${pins.path}/v1/maps`;
  conntrack = createDeviceConntrack(deps, {
    ceiling: 1024,
    limit: 1000,
    devices: [device],
    netns: netns.path,
    pins: maps,
  });
  await conntrack.start();
});
afterEach(async () => {
  await conntrack?.close();
  pins?.[Symbol.dispose]();
});

/** Sends datagrams to ports where nobody listens, and SYNs, which are answered by resets. */
async function talk(what: { readonly udp?: readonly number[]; readonly tcp?: readonly number[] }) {
  const script = `
    const { udp = [], tcp = [] } = ${JSON.stringify(what)};
    for (const port of tcp) require("net").connect(port, "${far}").on("error", () => {});
    const socket = require("dgram").createSocket("udp4");
    socket.bind(5000, async () => {
      for (const port of udp) await new Promise((sent) => socket.send("x", port, "${far}", sent));
      socket.close();
    });`;
  const before = conntrack.connections.fill().connections;
  const count = before + (what.udp?.length ?? 0) + (what.tcp?.length ?? 0);
  await netns.run(process.execPath, "-e", script);
  await waitUntil("connections", () => conntrack.connections.fill().connections === count);
  await waitUntil("resets", async () => {
    const opening = conntrack.connections.connections({ protocol: "tcp", state: "opening" });
    return (await Array.fromAsync(opening)).length === 0;
  });
}

async function heddle(args: readonly string[], options?: RunOptions): Promise<Ran> {
  const places = ["--pin-root", pins.path, "--socket", `${pins.path}.sock`];
  return runHere(["conntrack", ...args, ...places], options);
}

async function listed(...args: readonly string[]): Promise<readonly ConnectionRecord[]> {
  const { code, stdout, stderr } = await heddle(["list", "-o", "json", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

function portsOf(connections: readonly ConnectionRecord[]): readonly number[] {
  const ports = connections.map(({ original }) => original.destinationPort);
  return ports.toSorted((one, other) => one - other);
}

describe("heddle conntrack list", () => {
  it("shows connections as a table, a wide one, and JSON, without an agent", async () => {
    await talk({ udp: [53], tcp: [80] });
    const { code, stdout, stderr } = await heddle(["list", "--sort", "bytes"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [headings, first, second, ...rest] = stdout.split("\n");
    expect(headings).toMatch(
      /^PROTOCOL +SOURCE +DESTINATION +TRANSLATED +STATE +FLAGS +LEFT +AGE +PACKETS +BYTES$/,
    );
    expect(first).toMatch(
      /^tcp +192\.0\.2\.1:\d+ +192\.0\.2\.2:80 +- +closing +answered +\d+s +\d+s +1\/1 +60\/40$/,
    );
    // An ICMP error about the datagram may have come back and count, and is no answer.
    expect(second).toMatch(
      /^udp +192\.0\.2\.1:5000 +192\.0\.2\.2:53 +- +opening +- +(?:[3-5]\ds|1m) +\d+s +1\/[01] +29\/(?:0|57)$/,
    );
    expect(rest).toEqual([""]);
    const wide = await heddle(["list", "-o", "wide", "--filter", "proto=udp"]);
    expect(wide.stdout).toMatch(/^connection +udp .* 192\.0\.2\.2:53 +192\.0\.2\.1:5000$/m);

    const [record] = await listed("--filter", "proto=udp");
    expect(record).toMatchObject({
      scope: "connection",
      original: { protocol: "udp", source: near, sourcePort: 5000, destinationPort: 53 },
      reply: { source: far, destination: near },
      state: "opening",
      answered: false,
      packets: { original: 1 },
      bytes: { original: 29 },
    });
    expect(record?.remaining).toBeGreaterThan(50_000);
    expect(record?.age).toBeLessThan(10_000);
  });

  it("shows what a filter means, as many as wanted, and counts all of them", async () => {
    await talk({ udp: [53, 54, 55], tcp: [80, 81] });
    expect(portsOf(await listed("--filter", "state=closing"))).toEqual([80, 81]);
    expect(portsOf(await listed("--filter", `dst=${far}:54`))).toEqual([54]);
    expect(await listed("--filter", "src=198.51.100.0/24")).toEqual([]);
    expect(await listed("--limit", "2")).toHaveLength(2);
    expect(portsOf(await listed("--sort", "age", "--filter", "proto=udp"))).toHaveLength(3);
    const [soonest] = await listed("--sort", "expires", "--limit", "1");
    expect(soonest?.state).toBe("closing");
    const counted = await heddle(["list", "--limit", "1", "--count", "-o", "json"]);
    const { connections, totals } = JSON.parse(counted.stdout);
    expect(connections).toHaveLength(1);
    expect(totals).toMatchObject({
      connections: 5,
      states: { opening: 3, established: 0, closing: 2 },
      protocols: { udp: 3, tcp: 2 },
    });
    const table = await heddle(["list", "--limit", "0", "--count"]);
    expect(table.stdout).toContain("\nStates:       3 opening, 0 established, 2 closing\n");
  });

  it("looks into the folder that it is told of", async () => {
    await talk({ udp: [53] });
    const nowhere = await runHere(["conntrack", "list", "--pin-root", "/nowhere"]);
    expect(nowhere).toMatchObject({ code: 1, stdout: "" });
    expect(nowhere.stderr).toContain("look into /nowhere: nothing is pinned there");
    const args = ["conntrack", "list", "--pin-root", "/nowhere", "--maps", maps];
    expect((await runHere(args)).stdout).toContain("192.0.2.2:53");
    const empty = await runHere([...args.slice(0, -1), `${pins.path}/none`]);
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining("/none/connections") });
  });
});

describe("heddle conntrack flush", () => {
  it("forgets what is meant, and leaves the rest", async () => {
    await talk({ udp: [53, 54], tcp: [80] });
    const flushed = await heddle(["flush", "--filter", "proto=udp port=53"]);
    expect(flushed).toEqual({ code: 0, stdout: "1 connection is forgotten\n", stderr: "" });
    expect(portsOf(await listed())).toEqual([54, 80]);
    const none = await heddle(["flush", "--filter", "src=198.51.100.0/24"]);
    expect(none.stdout).toBe("0 connections are forgotten\n");
    const all = await heddle(["flush", "--all", "-o", "json"]);
    expect(JSON.parse(all.stdout)).toEqual({ flushed: 2 });
    expect(await listed()).toEqual([]);
    expect(conntrack.connections.fill().connections).toBe(0);
    expect(conntrack.connections.counters().removed.flushed).toBe(3);
  });

  it("is told to whoever listens to removals, as any other", async () => {
    const told: unknown[] = [];
    const subscription = conntrack.connections.removals.events$.subscribe((one) => told.push(one));
    await talk({ udp: [53] });
    await heddle(["flush", "--all"]);
    await waitUntil("an event", () => told.length === 1);
    expect(told).toMatchObject([{ removal: "flushed" }]);
    subscription.unsubscribe();
  });

  it("works when nobody runs the table any more, and makes no map that is missing", async () => {
    await talk({ udp: [53, 54] });
    await conntrack.close();
    expect((await heddle(["flush", "--filter", "port=53"])).stdout).toContain("1 connection is");
    using reader = openConnections(deps, maps);
    expect(reader.fill().connections).toBe(1);
    rmSync(`${maps}/conn_events`);
    const { code, stderr } = await heddle(["flush", "--all"]);
    expect(code).toBe(1);
    expect(stderr).toContain("conn_events");
    expect(reader.fill().connections).toBe(1);
  });
});

describe("heddle conntrack stats", () => {
  it("shows how full the table is, and what was counted", async () => {
    await talk({ udp: [53], tcp: [80] });
    await heddle(["flush", "--filter", "proto=tcp"]);
    const { code, stdout } = await heddle(["stats"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Connections: +1 of 1000, 0\.1 %$/m);
    expect(stdout).toMatch(/^Limit: +1000; the table is made for 1024$/m);
    expect(stdout).toMatch(/^Translated: +0 of the connections leave with another source$/m);
    expect(stdout).toMatch(/^tracked +- +[34]$/m);
    expect(stdout).toMatch(/^refused +table-full +0$/m);
    expect(stdout).toMatch(/^flushed +1$/m);
    expect(JSON.parse((await heddle(["stats", "-o", "json"])).stdout)).toMatchObject({
      connections: 1,
      limit: 1000,
      ceiling: 1024,
      created: 2,
      translated: 0,
      leaks: 0,
      uncounted: 0,
      removed: { flushed: 1, expired: 0 },
    });
  });
});

describe("heddle conntrack watch", () => {
  it("without an agent says so, and sees what begins and leaves by looking, until Ctrl-C", async () => {
    await talk({ udp: [53] });
    const ended = new AbortController();
    const lines: string[] = [];
    const args = ["watch", "--interval", "0.02", "-o", "json", "--filter", "proto=udp"];
    const watched = heddle(args, { ended: ended.signal, onOut: (line) => lines.push(line) });
    const kinds = (): unknown[] =>
      lines.map((line) => {
        const { kind, reason, connection } = JSON.parse(line);
        return [kind, connection.original.destinationPort, reason];
      });
    // Until it is told of one, it may not have looked yet.
    for (let port = 1000; lines.length === 0; port++) await talk({ udp: [port] });
    lines.length = 0;
    await talk({ udp: [54], tcp: [80] });
    await waitUntil("a new connection", () =>
      kinds().some((kind) => String(kind) === String(["new", 54, undefined])),
    );
    await heddle(["flush", "--filter", "port=53"]);
    await waitUntil("a removed connection", () =>
      kinds().some((kind) => String(kind) === String(["removed", 53, undefined])),
    );
    expect(kinds().flat()).not.toContain(80);
    ended.abort();
    const { code, stderr } = await watched;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^heddle: ask agent at .*: removals are seen by reading the table every 0\.02 s, without the reason\n$/,
    );
  });

  it("as a process ends with 0 at Ctrl-C", async () => {
    const bin = fileURLToPath(new URL("../bin/heddle.js", import.meta.url));
    const child = spawn(process.execPath, [bin, "conntrack", "watch", "--maps", maps], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "exit");
    const [note] = await once(child.stderr.setEncoding("utf8"), "data");
    expect(note).toMatch(/^heddle: there is no agent to ask: removals are seen by reading /);
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });
});
