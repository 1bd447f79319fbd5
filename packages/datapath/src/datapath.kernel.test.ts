import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createLogger,
  type InterfaceIndex,
  interfaceIndex,
  type IpAddress,
  type Logger,
  type LogRecord,
  parseIp,
  parseMac,
  silentLogger,
  systemClock,
} from "@heddle/contracts";
import { createTable, type MutableTable } from "@heddle/tables";
import {
  createPinFolder,
  createTestNetns,
  joinNetns,
  requireFeature,
  type TestNetns,
  waitUntil,
} from "@heddle/testing";
import {
  BpfError,
  createMap,
  openObject,
  openProgramById,
  pinnedMapInfo,
  queryTcx,
  probe,
  queryClsact,
  type TcxHook,
  u32,
  u64,
} from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AttachmentKind,
  attachmentKinds,
  createDatapath,
  defaultGateway,
  type Datapath,
  DatapathError,
  type DatapathOptions,
  devicesMap,
  nodeObject,
  nodeAddrsMap,
  type NodeDevice,
  type PacketReport,
  type Prepare,
} from "./index.ts";

let stack: AsyncDisposableStack;
let netns: TestNetns;
let pod: TestNetns;
let device: InterfaceIndex;
let pinRoot: string;
let nodeDevices: MutableTable<InterfaceIndex, NodeDevice>;
let nodeAddresses: MutableTable<IpAddress, unknown>;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  netns = stack.use(await createTestNetns("node"));
  pod = stack.use(await createTestNetns("pod"));
  device = (await joinNetns({ netns, device: "hdpod" }, { netns: pod, device: "eth0" })).near;
  pinRoot = stack.use(createPinFolder()).path;
  nodeDevices = createTable({ name: "node devices" });
  nodeAddresses = createTable({ name: "node addresses" });
  nodeAddresses.markSynced();
});
afterEach(async () => stack.disposeAsync());

function make(options: DatapathOptions = {}, logger: Logger = silentLogger): Datapath {
  const streams = {
    nodeDevices$: nodeDevices.changes$,
    nodeAddresses$: nodeAddresses.changes$,
  };
  const deps = { ...streams, clock: systemClock, logger };
  return stack.use(
    createDatapath(deps, { pinRoot, netns: netns.path, prepare: small(1024), ...options }),
  );
}

/** Gives the table of connections so many entries. */
function small(entries: number): Prepare {
  return (object) => object.resizeMap("connections", entries);
}

async function started(options: DatapathOptions = {}, logger?: Logger): Promise<Datapath> {
  const datapath = make(options, logger);
  await datapath.start();
  return datapath;
}

/** The programs at a device, in either way: the name, and what holds it there. */
async function attached(ifindex: InterfaceIndex, hook: TcxHook): Promise<readonly Attached[]> {
  const there = { netns: netns.path };
  const tcx = hasTcx ? (await queryTcx(ifindex, hook, there)).programs : [];
  const filters = await queryClsact(ifindex, hook, there);
  return [
    ...tcx.map(({ programId, linkId }) => describeProgram(programId, `tcx ${String(linkId)}`)),
    ...filters.map(({ programId, priority, handle }) =>
      describeProgram(programId, `clsact ${String(priority)} ${String(handle)}`),
    ),
  ];
}

interface Attached {
  readonly program: string;
  readonly id: number;
  readonly by: string;
}

function describeProgram(id: number, by: string): Attached {
  using program = openProgramById(id);
  return { program: program.name, id, by };
}

const hasTcx = (await probe("tcx")).supported;

const patiently = { timeout: 10_000 } as const;

/** The kernel's identifiers of pinned maps, by which one is told from another of its name. */
function idsOf(...names: readonly string[]): readonly number[] {
  return names.map((name) => pinnedMapInfo(join(pinRoot, "v1", "maps", name)).id);
}

async function failure(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Where the notes of what is attached lie. */
const folders = { tcx: "links", clsact: "filters" } as const;

function notes(kind: AttachmentKind): readonly string[] {
  return readdirSync(join(pinRoot, "v1", folders[kind]));
}

describe.each(attachmentKinds)("a pod's device, by %s", (attachment) => {
  beforeEach(async (context) => {
    if (attachment === "tcx") await requireFeature(context, "tcx");
  });

  it("gets both programs once, however often it is asked", async () => {
    const datapath = await started({ attachment });
    await datapath.attachPod(device);
    await datapath.attachPod(device);
    const by = expect.stringMatching(`^${attachment} `);
    const id = expect.any(Number);
    expect(await attached(device, "ingress")).toEqual([{ program: "from_pod", id, by }]);
    expect(await attached(device, "egress")).toEqual([{ program: "to_pod", id, by }]);
    await datapath.detachPod(device);
    await datapath.detachPod(device);
    expect(notes(attachment)).toEqual([]);
    // The kernel takes programs off a moment after the last pin of their link is gone.
    await expect.poll(() => attached(device, "ingress")).toEqual([]);
  });

  it("keeps what holds them when the next process takes over, with new programs", async () => {
    const first = await started({ attachment });
    await first.attachPod(device);
    const [before] = await attached(device, "ingress");
    await first.close();
    expect(await attached(device, "ingress")).toEqual([before]);

    const second = await started({ attachment });
    await second.attachPod(device);
    const after = await attached(device, "ingress");
    expect(after).toEqual([{ ...before, id: expect.any(Number) }]);
    expect(after[0]?.id).not.toBe(before?.id);
  });

  it("that is gone is told by its index", async () => {
    const datapath = await started({ attachment });
    await netns.rtnetlink.links.delete(device);
    const error = await failure(() => datapath.attachPod(device));
    expect(error).toBeInstanceOf(BpfError);
    expect(error).toMatchObject({
      code: "no-device",
      message: expect.stringContaining(String(device)),
    });
  });

  it("that went while nobody ran leaves no pin behind", async () => {
    const first = await started({ attachment });
    await first.attachPod(device);
    await first.close();
    await netns.rtnetlink.links.delete(device);
    expect(notes(attachment)).toHaveLength(2);
    await started({ attachment });
    expect(notes(attachment)).toEqual([]);
  });

  it("loses what was attached in the other way, when the next process is told so", async (context) => {
    await requireFeature(context, "tcx");
    const other = attachment === "tcx" ? "clsact" : "tcx";
    const first = await started({ attachment: other });
    await first.attachPod(device);
    await first.close();
    const second = await started({ attachment });
    await second.attachPod(device);
    const by = expect.stringMatching(`^${attachment} `);
    await expect
      .poll(() => attached(device, "ingress"))
      .toEqual([{ program: "from_pod", id: expect.any(Number), by }]);
    expect(notes(other)).toEqual([]);
  });
});

describe("a datapath that is not told how to attach", () => {
  it("takes tcx where the kernel has it", async () => {
    const datapath = await started();
    await datapath.attachPod(device);
    const expected = [{ by: expect.stringMatching(hasTcx ? "^tcx " : "^clsact ") }];
    await expect.poll(() => attached(device, "ingress"), patiently).toMatchObject(expected);
  });
});

describe.each(attachmentKinds)("the node's devices, by %s", (attachment) => {
  beforeEach(async (context) => {
    if (attachment === "tcx") await requireFeature(context, "tcx");
  });

  it("get programs and an entry as they come, and lose them as they go", async () => {
    const datapath = await started({ attachment });
    const devices = datapath.map(devicesMap);
    nodeDevices.upsert(device, { name: "hdpod", mtu: 1400 });
    nodeDevices.markSynced();
    await expect.poll(() => datapath.health$.value.level).toBe("ok");
    expect(await attached(device, "ingress")).toMatchObject([{ program: "from_net" }]);
    expect(await attached(device, "egress")).toMatchObject([{ program: "to_net" }]);
    expect(devices.get(device)).toEqual({ mtu: 1400 });
    nodeDevices.delete(device);
    await expect.poll(() => attached(device, "ingress")).toEqual([]);
    expect(devices.has(device)).toBe(false);
  });

  it("that went while nobody ran are forgotten", async () => {
    const first = await started({ attachment });
    nodeDevices.upsert(device, { name: "hdpod", mtu: 1400 });
    nodeDevices.markSynced();
    await expect.poll(() => attached(device, "ingress")).toHaveLength(1);
    await first.close();
    nodeDevices.delete(device);
    const second = await started({ attachment });
    await expect.poll(() => attached(device, "ingress")).toEqual([]);
    expect(second.map(devicesMap).has(device)).toBe(false);
  });

  it("that are no devices make the health degraded, by name", async () => {
    const datapath = await started({ attachment });
    nodeDevices.upsert(interfaceIndex(9999), { name: "nowhere", mtu: 1500 });
    nodeDevices.markSynced();
    await expect.poll(() => datapath.health$.value.level).toBe("degraded");
    expect(datapath.health$.value.message).toContain("9999");
  });
});

describe("the node's addresses", () => {
  const [first, second] = [parseIp("192.0.2.1"), parseIp("2001:db8::1")];

  it("are in the map as they come and go", async () => {
    const map = (await started()).map(nodeAddrsMap);
    nodeAddresses.upsert(first, "eth0");
    nodeAddresses.upsert(second, "eth0");
    await waitUntil("both", () => map.has(first) && map.has(second));
    nodeAddresses.delete(first);
    await waitUntil("one to go", () => !map.has(first));
    expect(map.has(second)).toBe(true);
  });

  it("that went while nobody ran are forgotten", async () => {
    const before = await started();
    nodeAddresses.upsert(first, "eth0");
    await waitUntil("the address", () => before.map(nodeAddrsMap).has(first));
    await before.close();
    nodeAddresses.delete(first);
    const map = (await started()).map(nodeAddrsMap);
    await expect.poll(() => map.has(first)).toBe(false);
  });
});

describe("what is pinned", () => {
  it("is the same for the next process: connections and epochs", async () => {
    const first = await started();
    first.epochs.routesChanged();
    first.epochs.set(first.epochs.firstSlot, 7);
    const ids = idsOf("connections", "conn_gauges");
    await first.close();
    const second = await started();
    expect(idsOf("connections", "conn_gauges")).toEqual(ids);
    expect(second.epochs.get(0)).toBe(1);
    expect(second.epochs.get(second.epochs.firstSlot)).toBe(7);
  });

  it("is refused when it is of another layout and cannot be lost, by map and field", async () => {
    mkdirSync(join(pinRoot, "v1", "maps"), { recursive: true });
    using other = await createMap({
      name: "endpoints",
      type: "hash",
      key: u32,
      value: u64,
      maxEntries: 8,
      flags: 0,
      layout: "",
    });
    other.pin(join(pinRoot, "v1", "maps", "endpoints"));
    const error = await failure(() => started());
    expect(error).toBeInstanceOf(DatapathError);
    expect(error).toMatchObject({
      code: "incompatible-state",
      operation: "take over map endpoints from",
      reason: "key size: wanted 16, found 4",
      hint: expect.stringContaining(`rm -r ${pinRoot}`),
    });
  });

  it("is refused when the number of pods it was made for is another", async () => {
    const first = await started({ maxEndpoints: 100 });
    await first.close();
    const error = await failure(() => started({ maxEndpoints: 200 }));
    expect(error).toMatchObject({
      code: "incompatible-state",
      // Of `endpoints` or of `epochs`: whichever the object has first.
      reason: expect.stringMatching(/^max entries: wanted (400, found 200|201, found 101)$/),
    });
  });

  it("is replaced when it may be lost and has another size, with a word about it", async () => {
    const first = await started();
    await first.attachPod(device);
    const companions = ["conn_gauges", "conn_closing", "conn_half_open", "hot_connections"];
    const before = idsOf("connections", "fragments", ...companions);
    await first.close();
    const records: LogRecord[] = [];
    await started(
      { prepare: small(4096) },
      createLogger((record) => records.push(record)),
    );
    expect(records).toContainEqual(
      expect.objectContaining({
        level: "warn",
        fields: expect.objectContaining({
          map: "connections",
          reason: "max entries: wanted 4096, found 1024",
        }),
      }),
    );
    // What counts connections, or points to them, begins anew with them; nothing else does.
    const after = idsOf("connections", "fragments", ...companions);
    const [, fragments] = before;
    expect(after.filter((id) => before.includes(id))).toEqual([fragments]);
  });

  it("is removed when it is of an earlier release and of no use any more", async () => {
    await (await started()).close();
    const path = join(pinRoot, "v1", "maps", "flows");
    using flows = await createMap({
      name: "flows",
      type: "hash",
      key: u32,
      value: u64,
      maxEntries: 8,
      flags: 0,
      layout: "",
    });
    flows.pin(path);
    await started();
    expect(existsSync(path)).toBe(false);
  });

  it("is replaced as a whole when a part of it is gone", async () => {
    await (await started()).close();
    const before = idsOf("connections", "conn_closing", "epochs");
    rmSync(join(pinRoot, "v1", "maps", "conn_gauges"));
    await started();
    const after = idsOf("connections", "conn_closing", "epochs");
    expect(after.filter((id) => before.includes(id))).toEqual([before[2]]);
  });

  it("is what further programs share", async () => {
    const datapath = await started();
    const path = fileURLToPath(new URL("../objects/node.bpf.o", import.meta.url));
    using object = await openObject(path);
    using loaded = await datapath.load(object, nodeObject.maps);
    const address = parseIp("192.0.2.7");
    datapath.map(nodeAddrsMap).set(address, 1);
    expect(loaded.map(nodeAddrsMap).has(address)).toBe(true);
  });
});

describe("a datapath", () => {
  it("needs a BPF file system, and says how to get one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const error = await failure(() => started({ pinRoot: join(folder, "pins") }));
    expect(error).toMatchObject({
      code: "bpffs-missing",
      reason: `${folder} is not a BPF file system`,
      hint: "mount one: mount -t bpf bpf /sys/fs/bpf",
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that is not started says so", () => {
    const datapath = make();
    expect(() => datapath.counters()).toThrow("its programs are not loaded (call start first)");
    expect(() => datapath.map(devicesMap).get(1)).toThrow(DatapathError);
  });

  it("that sends into no tunnels has no programs for a device that leads there", async () => {
    const datapath = await started({ tunnels: { use: "receive" } });
    await expect(datapath.attachTunnel(device, device)).rejects.toMatchObject({
      code: "tunnels-unused",
      hint: 'create the datapath with tunnels: { use: "send" }',
    });
    expect(await attached(device, "egress")).toEqual([]);
  });

  it("counts what becomes of packets, and reports drops while somebody listens", async () => {
    const datapath = await started();
    await datapath.attachPod(device);
    const ping = () => pod.run("ping", "-c1", "-W1", "10.0.0.9").catch(() => "");
    await pod.run("ip", "address", "add", "10.0.0.1/24", "dev", "eth0");
    await pod.run("ip", "neigh", "add", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "eth0");
    await ping();
    const dropped = datapath.counters().find(({ reason }) => reason === "spoofedAddress");
    expect(dropped).toMatchObject({ hook: "fromPod", packets: 1n, bytes: 84n });

    const reports: PacketReport[] = [];
    const before = Date.now();
    const subscription = datapath.drops.events$.subscribe((report) => reports.push(report));
    await ping();
    const report = await waitUntil("a report", () => reports.find(({ length }) => length === 98));
    subscription.unsubscribe();
    expect(report).toMatchObject({
      hook: "fromPod",
      reason: "spoofedAddress",
      outcome: "dropped",
      ifindex: device,
      nexthopIfindex: undefined,
    });
    expect(report.packet).toHaveLength(98);
    expect(Math.abs(report.time - before)).toBeLessThan(5000);
    await ping();
    expect(reports.filter(({ length }) => length === 98)).toHaveLength(1);
  });

  it("has the gateway that it is told", async () => {
    const mac = parseMac("02:00:00:00:00:aa");
    const datapath = await started({ gateway: { ...defaultGateway, mac } });
    await datapath.attachPod(device);
    await pod.run("ip", "route", "add", "169.254.1.1", "dev", "eth0");
    await pod.run("ping", "-c1", "-W1", "169.254.1.1").catch(() => "");
    expect(await pod.run("ip", "neigh", "show", "169.254.1.1")).toContain(mac);
  });
});
