import { connectionTuple, keyOfTuple, sizeTable } from "@heddle/conntrack";
import {
  type Connection as Entry,
  connectionCodec,
  connectionsMap,
  connGaugesMap,
  connSettingsMap,
} from "@heddle/conntrack/bpf";
import {
  createManualClock,
  type IpAddress,
  parseIp,
  silentLogger,
  systemClock,
} from "@heddle/contracts";
import { createDatapath, type Datapath, type Prepare } from "@heddle/datapath";
import { createTable } from "@heddle/tables";
import { createPinFolder } from "@heddle/testing";
import { decodeFromBytes } from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connections, createConnections } from "./connections.ts";

let stack: AsyncDisposableStack;
let datapath: Datapath;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  datapath = stack.use(makeDatapath(stack.use(createPinFolder()).path));
  await datapath.start();
});
afterEach(async () => stack.disposeAsync());

const prepare: Prepare = (object) => sizeTable(object, { ceiling: 4096 });

function makeDatapath(pinRoot: string): Datapath {
  const nodeDevices = createTable<never, never>({ name: "node devices" });
  const nodeAddresses = createTable<IpAddress, unknown>({ name: "node addresses" });
  const streams = { nodeDevices$: nodeDevices.changes$, nodeAddresses$: nodeAddresses.changes$ };
  const deps = { ...streams, clock: systemClock, logger: silentLogger };
  return createDatapath(deps, { pinRoot, prepare });
}

async function started(limit = 1000): Promise<Connections> {
  // On a clock that stands still nothing is swept but by the test.
  const deps = { datapath, clock: createManualClock(), logger: silentLogger };
  const connections = createConnections(deps, { limit, timeouts: { other: 30_000 } });
  await connections.start();
  return stack.use(connections);
}

const blank: Entry = decodeFromBytes(connectionCodec, new Uint8Array(connectionCodec.size));

/** Puts a connection into the table, as if the programs had. */
function begin(source: string, destination: string, expires = 2n ** 60n): void {
  const ports = { sourcePort: 4000, destinationPort: 80 };
  const ends = { source: parseIp(source), destination: parseIp(destination) };
  const { key, second } = keyOfTuple(
    connectionTuple({ protocol: "tcp", ...ends, ...ports }),
    "connection",
  );
  const word = second ? 1n << 5n : 0n;
  datapath.map(connectionsMap).set(key, { ...blank, expires, word });
  const gauges = datapath.map(connGaugesMap);
  const now = gauges.get(0);
  if (now !== undefined) gauges.set(0, { ...now, count: now.count + 1n });
}

async function left(connections: Connections): Promise<readonly string[]> {
  const all = await Array.fromAsync(connections.table?.connections() ?? []);
  return all.map(({ original }) => `${original.source} ${original.destination}`).toSorted();
}

describe("the connections of the datapath", () => {
  it("are tracked as the options say, from the start on", async () => {
    const settings = datapath.map(connSettingsMap);
    expect(settings.get(0)?.limit).toBe(0n);
    await started(1000);
    const told = settings.get(0);
    expect(told).toMatchObject({ limit: 1000n, clockOffset: 0n });
    expect(told?.lifetime[3]).toBe(BigInt(30 * (told?.hz ?? 0)));
  });

  it("of addresses that are somebody else's from now on are forgotten, from and to", async () => {
    const connections = await started();
    begin("10.244.1.5", "10.244.1.6");
    begin("10.244.2.7", "10.244.1.5");
    begin("10.244.1.50", "10.244.1.6");
    begin("fd00:1::5", "fd00:2::7");
    begin("fd00:1::6", "fd00:2::7");
    await connections.forget(["10.244.1.5", "fd00:1::5"].map(parseIp));
    expect(await left(connections)).toEqual(["10.244.1.50 10.244.1.6", "fd00:1::6 fd00:2::7"]);
    expect(connections.table?.fill().connections).toBe(2);
  });

  it("are swept in the kernel when their time is over", async () => {
    const connections = await started();
    begin("10.244.1.5", "10.244.1.6", 1n);
    begin("10.244.1.6", "10.244.1.7");
    expect(await connections.table?.sweep()).toMatchObject({ expired: 1, living: 1 });
    expect(await left(connections)).toEqual(["10.244.1.6 10.244.1.7"]);
  });

  it("stay in the table when it is closed, and the next process goes on with them", async () => {
    const first = await started();
    begin("10.244.1.5", "10.244.1.6");
    await first.close();
    await first.close();
    expect(first.table).toBeUndefined();
    await first.forget([parseIp("10.244.1.5")]);
    const second = await started(500);
    expect(await left(second)).toEqual(["10.244.1.5 10.244.1.6"]);
    expect(second.table?.fill()).toMatchObject({ connections: 1, limit: 500 });
  });

  it("cannot be more than the table was made for", async () => {
    await expect(started(4097)).rejects.toThrow(
      expect.objectContaining({ code: "invalid-option", subject: "limit" }),
    );
  });
});
