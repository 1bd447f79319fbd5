import { interfaceIndex, parseIpv4, parseMac } from "@heddle/contracts";
import type { PacketReport } from "@heddle/datapath";
import type { EndpointStatus } from "@heddle/endpoint";
import { buildPacket, ethernet, ipv4, packet, udp } from "@heddle/packet";
import { createEvents, createTable } from "@heddle/tables";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDevicePods } from "./device-pods.ts";
import { createFlowLog } from "./flow-log.ts";
import type { FlowRecord } from "./flow-record.ts";

const mac = parseMac("02:00:00:00:00:01");
const names = new Map([
  ["10.0.0.1", "shop/cart"],
  ["10.0.0.2", "shop/web"],
]);

const drops = createEvents<PacketReport>();
const flows = createEvents<PacketReport>();
const endpoints = createTable<string, EndpointStatus>({ name: "endpoints" });
const devicePods = createDevicePods({ endpoints$: endpoints.changes$ });

let log = makeLog();
beforeEach(async () => {
  log = makeLog();
  await log.start();
});
afterEach(() => log.close());

function makeLog(): ReturnType<typeof createFlowLog> {
  return createFlowLog({
    streams: () => ({ drops: drops.stream, flows: flows.stream }),
    node: "n1",
    nameOf: (address) => names.get(address),
    deviceName: (ifindex) => `dev${String(ifindex)}`,
    podAt: (ifindex) => devicePods.podAt(ifindex),
  });
}

/** A datagram to a port that tells it from others. */
function report(source: string, port: number, ifindex: number): PacketReport {
  const data = buildPacket(
    packet(
      ethernet({ source: mac, destination: mac }),
      ipv4({ source: parseIpv4(source), destination: parseIpv4("192.0.2.1") }),
      udp({ sourcePort: 1, destinationPort: port }),
    ),
  );
  return {
    time: 0,
    hook: "fromPod",
    reason: "spoofedAddress",
    outcome: "dropped",
    ifindex,
    nexthopIfindex: undefined,
    length: data.length,
    packet: data,
  };
}

function endpoint(ifindex: number): EndpointStatus {
  return {
    phase: "ready",
    netns: "/run/netns/x",
    addresses: [],
    mac,
    device: "dev7",
    ifindex: interfaceIndex(ifindex),
    error: undefined,
  };
}

/** What comes at once, and then with these. */
function follow(name: string | undefined, last: number, ...live: PacketReport[]): FlowRecord[] {
  const seen: FlowRecord[] = [];
  const filter = { kinds: ["drops", "flows"], name, last } as const;
  const subscription = log.follow(filter).subscribe((record) => seen.push(record));
  for (const next of live) drops.emit(next);
  subscription.unsubscribe();
  return seen;
}

const portsOf = (records: readonly FlowRecord[]) =>
  records.map(({ destination }) => destination?.port);

describe("the flow log", () => {
  it("begins with the latest drops of whom it is asked for, however many others were later", () => {
    for (const port of [1, 2, 3]) drops.emit(report("10.0.0.1", port, 1));
    for (const port of [4, 5, 6]) drops.emit(report("10.0.0.2", port, 1));
    expect(portsOf(follow("shop/cart", 2))).toEqual([2, 3]);
    expect(portsOf(follow("shop/cart", 9, report("10.0.0.2", 7, 1)))).toEqual([1, 2, 3]);
    expect(portsOf(follow(undefined, 2))).toEqual([6, 7]);
    expect(follow("shop/cart", 0)).toEqual([]);
  });

  it("names the pod at whose device a packet was seen, and finds it by that, whoever it says it is from", async () => {
    await devicePods.start();
    endpoints.upsert("shop/cart", endpoint(7));
    const [record] = follow("shop/cart", 0, report("10.9.9.9", 1, 8), report("10.9.9.9", 2, 7));
    expect(record).toMatchObject({
      pod: "shop/cart",
      device: "dev7",
      source: { address: "10.9.9.9", name: undefined },
      destination: { port: 2 },
    });
    expect(portsOf(follow("shop/cart", 5))).toEqual([2]);
    endpoints.delete("shop/cart");
    expect(follow("shop/cart", 0, report("10.9.9.9", 3, 7))).toEqual([]);
    await devicePods.close();
  });
});
