// Loading the programs and bringing them to pods' devices; then again by the next process, over what is pinned.
import { type InterfaceIndex, type IpAddress, systemClock } from "@heddle/contracts";
import { createDatapath, type Datapath, type NodeDevice } from "@heddle/datapath";
import { createTable } from "@heddle/tables";
import { createPinFolder, createTestNetns, joinNetns } from "@heddle/testing";
import { complaints, liveBytes, megabytes, runMeasurement } from "../measurement.ts";

await runMeasurement(async ({ test, size, own, report }) => {
  const netns = await own(createTestNetns("node"));
  const pods = await own(createTestNetns("pods"));
  const { path: pinRoot } = await own(createPinFolder());
  const devices: InterfaceIndex[] = [];
  for (let index = 0; index < size; index++) {
    const device = `pod${String(index)}`;
    devices.push((await joinNetns({ netns, device }, { netns: pods, device })).near);
  }
  const place = { pinRoot, netns: netns.path };
  if (test === "adopt") {
    await using first = await start(place);
    await attach(first, devices);
  }
  const before = liveBytes();
  const started = performance.now();
  const datapath = await own(start(place));
  const loaded = performance.now();
  await attach(datapath, devices);
  report("start", loaded - started);
  report("attach", performance.now() - loaded);
  report("memory", megabytes(liveBytes() - before));
});

async function start(place: {
  readonly pinRoot: string;
  readonly netns: string;
}): Promise<Datapath> {
  const nodeDevices = createTable<InterfaceIndex, NodeDevice>({ name: "node devices" });
  const nodeAddresses = createTable<IpAddress, unknown>({ name: "node addresses" });
  nodeDevices.markSynced();
  nodeAddresses.markSynced();
  const streams = { nodeDevices$: nodeDevices.changes$, nodeAddresses$: nodeAddresses.changes$ };
  const datapath = createDatapath({ ...streams, clock: systemClock, logger: complaints }, place);
  await datapath.start();
  return datapath;
}

async function attach(datapath: Datapath, devices: readonly InterfaceIndex[]): Promise<void> {
  for (const device of devices) await datapath.attachPod(device);
}
