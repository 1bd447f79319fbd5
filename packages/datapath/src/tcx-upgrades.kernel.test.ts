import { existsSync } from "node:fs";
import {
  createLogger,
  createManualClock,
  type InterfaceIndex,
  type LogRecord,
  type ManualClock,
} from "@heddle/contracts";
import {
  createPinFolder,
  createTestNetns,
  joinNetns,
  requireFeature,
  type TestNetns,
  waitUntil,
} from "@heddle/testing";
import { createTable } from "@heddle/tables";
import { queryClsact, queryTcx } from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatapath, type Datapath } from "./index.ts";

let stack: AsyncDisposableStack;
let netns: TestNetns;
let pod: TestNetns;
let device: InterfaceIndex;
let pinRoot: string;
let clock: ManualClock;
let records: LogRecord[];

beforeEach(async (context) => {
  await requireFeature(context, "tcx");
  stack = new AsyncDisposableStack();
  netns = stack.use(await createTestNetns("node"));
  pod = stack.use(await createTestNetns("pod"));
  device = (await joinNetns({ netns, device: "hdpod" }, { netns: pod, device: "eth0" })).near;
  pinRoot = stack.use(createPinFolder()).path;
  clock = createManualClock();
  records = [];
});
afterEach(async () => stack.disposeAsync());

async function started(): Promise<Datapath> {
  const nodeAddresses = createTable<never, unknown>({ name: "node addresses" });
  const nodeDevices = createTable<never, never>({ name: "node devices" });
  const logger = createLogger((record) => records.push(record), "warn");
  const streams = { nodeDevices$: nodeDevices.changes$, nodeAddresses$: nodeAddresses.changes$ };
  const datapath = stack.use(
    createDatapath({ ...streams, clock, logger }, { pinRoot, netns: netns.path }),
  );
  await datapath.start();
  return datapath;
}

/** How many programs the device's hooks have, by links and by filters. */
async function programs(ifindex = device): Promise<string> {
  const there = { netns: netns.path };
  let links = 0;
  let filters = 0;
  for (const hook of ["ingress", "egress"] as const) {
    links += (await queryTcx(ifindex, hook, there)).programs.length;
    filters += (await queryClsact(ifindex, hook, there)).length;
  }
  return `${String(links)} links, ${String(filters)} filters`;
}

async function until(expected: string): Promise<void> {
  await waitUntil(expected, async () => {
    clock.advance(1000);
    return (await programs()) === expected;
  });
}

describe("a pod's new device", () => {
  it("has filters at once, and links in their place when no more devices come", async () => {
    const datapath = await started();
    await datapath.attachPod(device);
    expect(await programs()).toBe("0 links, 2 filters");
    clock.advance(999);
    await datapath.attachPod(device);
    clock.advance(999);
    expect(await programs()).toBe("0 links, 2 filters");
    await until("2 links, 0 filters");
    await datapath.attachPod(device);
    expect(await programs()).toBe("2 links, 0 filters");
    expect(records).toEqual([]);
  });

  it("is seen to by the next process", async () => {
    const first = await started();
    await first.attachPod(device);
    await first.close();
    clock.advance(60_000);
    expect(await programs()).toBe("0 links, 2 filters");
    const second = await started();
    await second.attachPod(device);
    await until("2 links, 0 filters");
  });

  it("that goes before is no trouble", async () => {
    const datapath = await started();
    await datapath.attachPod(device);
    await netns.rtnetlink.links.delete(device);
    clock.advance(1000);
    await datapath.detachPod(device);
    expect(records).toEqual([]);
    expect(existsSync(`${pinRoot}/v1/filters/pod-${String(device)}-ingress`)).toBe(false);
  });

  it("has nothing any more once it was detached, also while it is changed over", async () => {
    const datapath = await started();
    await datapath.attachPod(device);
    clock.advance(1000);
    await datapath.detachPod(device);
    expect(await programs()).toBe("0 links, 0 filters");
    await datapath.attachPod(device);
    await datapath.detachPod(device);
    clock.advance(60_000);
    expect(await programs()).toBe("0 links, 0 filters");
    expect(clock.pending).toBe(0);
  });
});
