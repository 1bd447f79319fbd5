import {
  createLogger,
  createManualClock,
  type InterfaceIndex,
  type LogRecord,
  parseIp,
  parseMac,
} from "@heddle/contracts";
import { createTestNetns, type TestNetns, waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PodDevices } from "./pod-devices.ts";
import { SparePairs } from "./spare-pairs.ts";

const gatewayMac = parseMac("02:68:65:64:64:6c");

let stack: AsyncDisposableStack;
let node: TestNetns;
let pod: TestNetns;
let attached: Set<InterfaceIndex>;
let records: LogRecord[];
let refusal: Error | undefined;
const clock = createManualClock();

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  node = stack.use(await createTestNetns("node"));
  pod = stack.use(await createTestNetns("pod"));
  attached = new Set();
  records = [];
  refusal = undefined;
});
afterEach(async () => stack.disposeAsync());

async function start(wanted: number): Promise<SparePairs> {
  const programs = {
    attachPod: async (ifindex: InterfaceIndex) => {
      if (refusal !== undefined) throw refusal;
      attached.add(ifindex);
    },
    detachPod: async (ifindex: InterfaceIndex) => void attached.delete(ifindex),
  };
  const logger = createLogger((record) => records.push(record));
  const deps = { node: node.rtnetlink, programs, clock, logger };
  const spares = new SparePairs(deps, wanted, gatewayMac);
  stack.defer(() => spares.close());
  await spares.start();
  return spares;
}

const names = async (): Promise<readonly string[]> =>
  (await node.rtnetlink.links.list({ kind: "veth" })).map(({ name }) => name).toSorted();

/** Lets time pass until these are the pairs. */
async function untilPairs(expected: readonly string[]): Promise<void> {
  const ends = expected.flatMap((name) => [name, `${name}p`]).toSorted();
  await waitUntil(`pairs ${expected.join(", ")}`, async () => {
    clock.advance(200);
    return (await names()).join() === ends.join() && attached.size === expected.length;
  });
}

const create = (spares: SparePairs) =>
  new PodDevices(node.rtnetlink, spares).create({
    pod: "default/web",
    netns: pod.handle,
    device: "eth0",
    mac: parseMac("02:00:00:00:00:01"),
    gatewayMac,
    mtu: 1400,
    addresses: [parseIp("10.244.1.5")],
  });

describe("spare pairs", () => {
  it("are made when it is calm, and become a pod's as they are", async () => {
    const spares = await start(2);
    expect(await names()).toEqual([]);
    await untilPairs(["hs1", "hs2"]);
    const { ifindex, name } = await create(spares);
    expect(attached).toContain(ifindex);
    expect(await node.rtnetlink.links.get(ifindex)).toMatchObject({
      name,
      address: gatewayMac,
      addressGeneration: "none",
      mtu: 1400,
      up: false,
      alias: expect.stringContaining("10.244.1.5 default/web"),
    });
    expect(await pod.rtnetlink.links.get("eth0")).toMatchObject({
      address: "02:00:00:00:00:01",
      mtu: 1400,
      up: false,
    });
    expect(await names()).toEqual([name, "hs2", "hs2p"].toSorted());
    await waitUntil("another pair", async () => {
      clock.advance(200);
      return (await names()).includes("hs3p");
    });
  });

  it("are not needed: without one a pair is made", async () => {
    const { ifindex } = await create(await start(0));
    expect(attached).toEqual(new Set());
    expect(await pod.rtnetlink.links.get("eth0")).toMatchObject({ mtu: 1400 });
    expect(await node.rtnetlink.links.get(ifindex)).toMatchObject({ address: gatewayMac });
  });

  it("are taken over by the next process; too many and unfinished ones are deleted", async () => {
    const first = await start(3);
    await untilPairs(["hs1", "hs2", "hs3"]);
    await first.close();
    // As when the process was killed after the first of two steps.
    await node.rtnetlink.links.set("hs1p", { netns: pod.handle });
    attached.clear();
    const second = await start(1);
    expect((await names()).filter((name) => !name.endsWith("p"))).toHaveLength(1);
    const taken = second.take();
    expect(taken?.ifindex).toBe([...attached][0]);
    await untilNew(second);
  });

  it("give way to a new pair, with its error, where the pod's namespace has the device already", async () => {
    const spares = await start(1);
    await untilPairs(["hs1"]);
    await pod.run("ip", "link", "add", "eth0", "type", "bridge");
    await expect(create(spares)).rejects.toMatchObject({ code: "exists" });
    expect(await names()).toEqual([]);
  });

  it("that cannot be made are told of, and tried again", async () => {
    refusal = new Error("no programs");
    await start(1);
    await waitUntil("the failure", () => {
      clock.advance(200);
      return records.some(({ message }) => message === "making a spare device pair failed");
    });
    expect(await names()).toEqual([]);
    refusal = undefined;
    await waitUntil("a pair", async () => {
      clock.advance(10_000);
      return (await names()).length === 2;
    });
  });
});

/** The number goes on behind those that were there. */
async function untilNew(spares: SparePairs): Promise<void> {
  await waitUntil("a pair of a new number", async () => {
    clock.advance(200);
    const pair = spares.take();
    if (pair === undefined) return false;
    const link = await node.rtnetlink.links.get(pair.ifindex);
    return link !== undefined && Number(link.name.slice(2)) > 3;
  });
}
