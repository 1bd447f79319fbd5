import {
  type Health,
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpFamily,
  parseIp,
  parseMac,
  silentLogger,
  systemClock,
} from "@heddle/contracts";
import { createNetns, createRtnetlink, deleteNetns } from "@heddle/rtnetlink";
import { createRtnetlinkMonitor, type RtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import { createTable, type Derived, failure, type MutableTable } from "@heddle/tables";
import { createTestNetns, type TestNetns, waitUntil } from "@heddle/testing";
import { createMemoryMap, type KeyedMap } from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createEndpoints,
  type Endpoint,
  type EndpointRequest,
  type Endpoints,
  type EndpointStatus,
  endpointsMap,
} from "./index.ts";

const nodeAddresses = { 4: parseIp("192.0.2.1"), 6: parseIp("2001:db8::1") } as const;
const gateway = {
  ipv4: parseIp("169.254.1.1"),
  ipv6: parseIp("fe80::1"),
  mac: parseMac("02:68:65:64:64:6c"),
};

/** A pool of two addresses per family, as simple as it can be. */
class Pool {
  readonly owners = new Map<string, readonly IpAddress[]>();

  allocate(pod: string): readonly IpAddress[] {
    const held = this.owners.get(pod);
    if (held !== undefined) return held;
    for (let index = 5; index < 9; index++) {
      const pair = [parseIp(`10.244.1.${String(index)}`), parseIp(`fd00:1::${String(index)}`)];
      if (pair.some((address) => this.ownerOf(address) !== undefined)) continue;
      this.owners.set(pod, pair);
      return pair;
    }
    throw new Error("the pool is exhausted");
  }

  claim(pod: string, addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      const owner = this.ownerOf(address);
      if (owner !== undefined && owner !== pod) throw new Error(`${address} belongs to ${owner}`);
    }
    this.owners.set(pod, addresses);
  }

  release(pod: string): void {
    this.owners.delete(pod);
  }

  ownerOf(address: IpAddress): string | undefined {
    return [...this.owners].find(([, held]) => held.includes(address))?.[0];
  }
}

/** A node with a pool, a map and the service, which can be restarted over what it left behind. */
class Node implements AsyncDisposable {
  readonly netns: TestNetns;
  readonly map: KeyedMap<IpAddress, Endpoint> = createMemoryMap(endpointsMap);
  readonly epochs = new Map<number, number>();
  readonly attached = new Set<InterfaceIndex>();
  readonly requests: MutableTable<string, Derived<EndpointRequest>> = createTable({ name: "pods" });
  readonly monitor: RtnetlinkMonitor;
  nodeAddress: (family: IpFamily) => IpAddress | undefined = (family) => nodeAddresses[family];
  pool = new Pool();
  /** Addresses that were to be forgotten, each with who had it in the pool at that moment. */
  readonly forgotten: (readonly [address: IpAddress, owner: string | undefined])[] = [];
  forgetAddresses = (addresses: readonly IpAddress[]): Promise<void> => {
    for (const address of addresses) this.forgotten.push([address, this.pool.ownerOf(address)]);
    return Promise.resolve();
  };
  endpoints: Endpoints;

  private constructor(netns: TestNetns) {
    this.netns = netns;
    this.monitor = createRtnetlinkMonitor(
      { netns: netns.handle },
      { kinds: ["links", "addresses", "routes"] },
    );
    this.endpoints = this.#make();
  }

  static async create(): Promise<Node> {
    const netns = await createTestNetns("node");
    await netns.run("ip", "link", "add", "eth0", "type", "bridge");
    await netns.run("ip", "address", "add", "192.0.2.1/24", "dev", "eth0");
    await netns.run("ip", "address", "add", "2001:db8::1/64", "dev", "eth0", "nodad");
    await netns.run("ip", "link", "set", "eth0", "up");
    const node = new Node(netns);
    await node.monitor.start();
    return node;
  }

  #make(): Endpoints {
    return createEndpoints(
      {
        requests$: this.requests.changes$,
        addresses: this.pool,
        programs: {
          attachPod: async (ifindex) => void this.attached.add(ifindex),
          detachPod: async (ifindex) => void this.attached.delete(ifindex),
        },
        map: this.map,
        epochs: {
          firstSlot: 1,
          lastSlot: 16,
          get: (slot) => this.epochs.get(slot) ?? 0,
          set: (slot, epoch) => void this.epochs.set(slot, epoch),
        },
        forgetAddresses: (addresses) => this.forgetAddresses(addresses),
        node: this.netns.rtnetlink,
        links$: this.monitor.links$,
        addresses$: this.monitor.addresses$,
        routes$: this.monitor.routes$,
        nodeAddress: (family) => this.nodeAddress(family),
        mtu: () => 1400,
        clock: systemClock,
        logger: silentLogger,
      },
      { gateway, routeProtocol: 72 },
    );
  }

  /** As after a crash: another process, with an empty pool, over the same kernel state. */
  async restart(): Promise<void> {
    await this.endpoints.close();
    this.pool = new Pool();
    this.endpoints = this.#make();
    await this.endpoints.start();
  }

  async ready(pod: string): Promise<EndpointStatus> {
    return waitUntil(`${pod} to be ready`, () => {
      const status = this.endpoints.status.get(pod);
      return status?.phase === "ready" ? status : undefined;
    });
  }

  async failure(pod: string): Promise<Error> {
    return waitUntil(`${pod} to fail`, () => this.endpoints.status.get(pod)?.error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endpoints.close();
    await this.monitor.close();
    await this.netns[Symbol.asyncDispose]();
  }
}

let stack: AsyncDisposableStack;
let node: Node;
let web: TestNetns;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  node = stack.use(await Node.create());
  web = stack.use(await createTestNetns("web"));
});
afterEach(async () => stack.disposeAsync());

async function start(...pods: readonly (readonly [string, EndpointRequest])[]): Promise<void> {
  for (const [pod, request] of pods) node.requests.upsert(pod, request);
  node.requests.markSynced();
  await node.endpoints.start();
}

const json = async (netns: TestNetns, ...args: readonly string[]): Promise<unknown> =>
  JSON.parse(await netns.run("ip", "-j", ...args));

describe("a pod that is connected", () => {
  it("has addresses and a default route of both families", async () => {
    await start(["default/web", { netns: web.path }]);
    const { addresses, mac } = await node.ready("default/web");
    expect(addresses).toEqual(["10.244.1.5", "fd00:1::5"]);
    expect(await json(web, "address", "show", "eth0")).toMatchObject([
      {
        address: mac,
        mtu: 1400,
        operstate: "UP",
        addr_info: expect.arrayContaining([
          expect.objectContaining({ local: "10.244.1.5", prefixlen: 32 }),
          expect.objectContaining({ local: "fd00:1::5", prefixlen: 128 }),
        ]),
      },
    ]);
    expect(await json(web, "route")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ dst: "default", gateway: "169.254.1.1", dev: "eth0" }),
        expect.objectContaining({ dst: "169.254.1.1", dev: "eth0", scope: "link" }),
      ]),
    );
    expect(await json(web, "-6", "route", "show", "default")).toMatchObject([
      { gateway: "fe80::1", dev: "eth0" },
    ]);
  });

  it("is reachable from the node, which uses its own address", async () => {
    await start(["default/web", { netns: web.path }]);
    const { device, mac } = await node.ready("default/web");
    expect(await json(node.netns, "route", "show", "10.244.1.5")).toMatchObject([
      { dev: device, protocol: "72", scope: "link", prefsrc: "192.0.2.1" },
    ]);
    expect(await json(node.netns, "-6", "route", "show", "fd00:1::5")).toMatchObject([
      { dev: device, prefsrc: "2001:db8::1" },
    ]);
    expect(await json(node.netns, "neigh", "show", "dev", device)).toEqual([
      expect.objectContaining({ dst: "10.244.1.5", lladdr: mac, state: ["PERMANENT"] }),
      expect.objectContaining({ dst: "fd00:1::5", lladdr: mac, state: ["PERMANENT"] }),
    ]);
  });

  it("is known to the programs, which are at its device", async () => {
    await start(["default/web", { netns: web.path }]);
    const { ifindex, mac } = await node.ready("default/web");
    const entry = { ifindex, mac, mtu: 1400, epochSlot: 1, epoch: 1 };
    expect(node.map.get(parseIp("10.244.1.5"))).toEqual(entry);
    expect(node.map.get(parseIp("fd00:1::5"))).toEqual(entry);
    expect([...node.attached]).toEqual([ifindex]);
    expect(await json(node.netns, "link", "show", "dev", "eth0")).toBeDefined();
  });

  it("gets the addresses and the device name that it asks for", async () => {
    const addresses = [parseIp("10.244.1.77")];
    await start(["default/web", { netns: web.path, device: "net1", addresses }]);
    await node.ready("default/web");
    expect(await json(web, "-4", "address", "show", "net1")).toMatchObject([
      { addr_info: [{ local: "10.244.1.77" }] },
    ]);
  });

  it("can be taken away again, and leaves nothing", async () => {
    await start(["default/web", { netns: web.path }]);
    const { device } = await node.ready("default/web");
    node.requests.delete("default/web");
    await waitUntil("the pod to be gone", () => !node.endpoints.status.has("default/web"));
    const links = await node.netns.rtnetlink.links.list({ kind: "veth" });
    expect(links.map(({ name }) => name)).not.toContain(device);
    expect(await Array.fromAsync(node.map.entries())).toEqual([]);
    expect(node.attached.size).toBe(0);
    expect(node.pool.owners.size).toBe(0);
    expect(node.epochs.get(1)).toBe(2);
    // Before another pod could have been given its addresses.
    expect(node.forgotten).toEqual([
      ["10.244.1.5", "default/web"],
      ["fd00:1::5", "default/web"],
    ]);
  });

  it("keeps its addresses until what is known of them is forgotten", async () => {
    await start(["default/web", { netns: web.path }]);
    await node.ready("default/web");
    const { forgetAddresses } = node;
    let attempts = 0;
    node.forgetAddresses = (addresses) => {
      if (++attempts === 1) return Promise.reject(new Error("not now"));
      return forgetAddresses(addresses);
    };
    node.requests.delete("default/web");
    await waitUntil("the pod to be gone", () => !node.endpoints.status.has("default/web"));
    expect(attempts).toBeGreaterThan(1);
    expect(node.forgotten).toEqual([
      ["10.244.1.5", "default/web"],
      ["fd00:1::5", "default/web"],
    ]);
  });
});

describe("after a restart", () => {
  it("a connected pod stays as it is: device, addresses, epoch", async () => {
    await start(["default/web", { netns: web.path }]);
    const before = await node.ready("default/web");
    await node.restart();
    expect(await node.ready("default/web")).toEqual(before);
    expect(node.epochs.get(1)).toBe(1);
    expect(node.pool.owners.get("default/web")).toEqual(before.addresses);
  });

  it("a pod that came meanwhile is connected, and does not get a taken address", async () => {
    const db = stack.use(await createTestNetns("db"));
    await start(["default/web", { netns: web.path }]);
    await node.ready("default/web");
    await node.endpoints.close();
    node.requests.upsert("a/first", { netns: db.path });
    await node.restart();
    const { addresses } = await node.ready("a/first");
    expect(addresses).toEqual(["10.244.1.6", "fd00:1::6"]);
  });

  it("a pod that went meanwhile is taken away", async () => {
    await start(["default/web", { netns: web.path }]);
    await node.ready("default/web");
    await node.endpoints.close();
    node.requests.delete("default/web");
    await node.restart();
    await waitUntil("its entries to be gone", async () => {
      const entries = await Array.fromAsync(node.map.entries());
      return entries.length === 0 && node.pool.owners.size === 0;
    });
    expect(await node.netns.rtnetlink.links.list({ kind: "veth" })).toEqual([]);
  });

  it("a half-made device is made anew", async () => {
    await start(["default/web", { netns: web.path }]);
    const { device, ifindex } = await node.ready("default/web");
    await node.endpoints.close();
    await node.netns.rtnetlink.links.set(device, { alias: "" });
    await node.restart();
    expect((await node.ready("default/web")).ifindex).not.toBe(ifindex);
  });
});

describe("what goes wrong is told, and put right when it can be:", () => {
  it("a namespace that is not there yet", async () => {
    const path = `${web.path}-later`;
    await start(["default/web", { netns: path }]);
    expect((await node.failure("default/web")).message).toContain(path);
    using later = await createNetns(path);
    stack.defer(async () => void (await deleteNetns(later.path)));
    await node.ready("default/web");
  });

  it("two pods with one address", async () => {
    const db = stack.use(await createTestNetns("db"));
    const addresses = [parseIp("10.244.1.9")];
    await start(["default/web", { netns: web.path, addresses }]);
    await node.ready("default/web");
    node.requests.upsert("default/db", { netns: db.path, addresses });
    const error = await node.failure("default/db");
    expect(error.message).toContain("10.244.1.9 belongs to default/web");
    const health = node.endpoints.health$.value satisfies Health;
    expect(health).toMatchObject({
      level: "degraded",
      message: expect.stringContaining("default/db"),
    });
    expect((await node.ready("default/web")).phase).toBe("ready");
  });

  it("a pool that is exhausted, until a pod goes", async () => {
    for (let index = 5; index < 9; index++) {
      node.pool.allocate(`default/other-${String(index)}`);
    }
    await start(["default/web", { netns: web.path }]);
    expect((await node.failure("default/web")).message).toContain("the pool is exhausted");
    expect(await Array.fromAsync(node.map.entries())).toEqual([]);
    expect(await node.netns.rtnetlink.links.list({ kind: "veth" })).toEqual([]);
    node.pool.release("default/other-7");
    expect((await node.ready("default/web")).addresses).toContain("10.244.1.7");
  });

  it("a namespace that was replaced by another of the same name", async () => {
    await start(["default/web", { netns: web.path }]);
    const before = await node.ready("default/web");
    await node.endpoints.close();
    // The old namespace lives on, held by the fixture, but it is not what the path names any more.
    await deleteNetns(web.path);
    using other = await createNetns(web.path);
    await node.restart();
    const after = await node.ready("default/web");
    expect(after.ifindex).not.toBe(before.ifindex);
    await using inside = createRtnetlink({ netns: other });
    await inside.start();
    expect(await inside.links.get("eth0")).toMatchObject({ address: after.mac, up: true });
  });

  it("a device that vanishes together with its namespace, until there is one again", async () => {
    await start(["default/web", { netns: web.path }]);
    await node.ready("default/web");
    await deleteNetns(web.path);
    await web.rtnetlink.links.delete("eth0");
    expect((await node.failure("default/web")).message).toContain(web.path);
    await expect.poll(() => node.endpoints.health$.value.level).toBe("degraded");
    using other = await createNetns(web.path);
    expect((await node.ready("default/web")).addresses).toContain("10.244.1.5");
    await using inside = createRtnetlink({ netns: other });
    await inside.start();
    expect(await inside.links.get("eth0")).toMatchObject({ up: true });
    await expect.poll(() => node.endpoints.health$.value.level).toBe("ok");
  });

  it("a request that became a mistake leaves a connected pod as it was", async () => {
    await start(["default/web", { netns: web.path }]);
    const { ifindex, addresses } = await node.ready("default/web");
    node.requests.upsert("default/web", failure(new Error("a bad annotation")));
    expect((await node.failure("default/web")).message).toBe("a bad annotation");
    await node.restart();
    expect((await node.failure("default/web")).message).toBe("a bad annotation");
    await waitUntil("the prune", () => node.endpoints.status.synced);
    expect(addresses.map((address) => node.map.get(address)?.ifindex)).toEqual([ifindex, ifindex]);
    expect(await web.run("ip", "address", "show", "eth0")).toContain("10.244.1.5");
  });

  it("the node's own address goes and comes again, and pods' routes with it", async () => {
    await start(["default/web", { netns: web.path }]);
    await node.ready("default/web");
    const route = () => node.netns.run("ip", "route", "show", "10.244.1.5");
    expect(await route()).toContain("src 192.0.2.1");
    node.nodeAddress = () => undefined;
    await node.netns.run("ip", "address", "del", "192.0.2.1/24", "dev", "eth0");
    await expect.poll(route).toMatch(/^10\.244\.1\.5 dev hd\w+ proto 72 scope link\s*$/);
    node.nodeAddress = (family) => nodeAddresses[family];
    await node.netns.run("ip", "address", "add", "192.0.2.1/24", "dev", "eth0");
    await expect.poll(route).toContain("src 192.0.2.1");
    expect((await node.ready("default/web")).error).toBeUndefined();
  });

  it("somebody deletes a pod's route or neighbour entry", async () => {
    await start(["default/web", { netns: web.path }]);
    const { device, mac } = await node.ready("default/web");
    const neighbour = ["neigh", "del", "fd00:1::5", "lladdr", mac, "dev", device];
    await node.netns.run("ip", "-6", ...neighbour);
    await node.netns.run("ip", "route", "delete", "10.244.1.5");
    await expect.poll(() => node.netns.run("ip", "route", "show", "10.244.1.5")).toContain(device);
    const neighbours = () => node.netns.run("ip", "-6", "neigh", "show", "dev", device);
    await expect.poll(neighbours).toContain("fd00:1::5 lladdr");
  });

  it("a device that vanishes", async () => {
    await start(["default/web", { netns: web.path }]);
    const before = await node.ready("default/web");
    await web.run("ip", "link", "delete", "eth0");
    await waitUntil("a new device", () => {
      const status = node.endpoints.status.get("default/web");
      return status?.phase === "ready" && status.ifindex !== before.ifindex;
    });
    expect(await web.run("ip", "address", "show", "eth0")).toContain("10.244.1.5");
    expect(node.map.get(parseIp("10.244.1.5"))?.ifindex).not.toBe(before.ifindex);
    // No pin of a link is left of the device that is gone.
    expect([...node.attached]).toEqual([node.endpoints.status.get("default/web")?.ifindex]);
  });

  it("a device that vanishes while it is being set up", async () => {
    await using racer = createRtnetlink({ netns: web.handle });
    await racer.start();
    const { links } = node.netns.rtnetlink;
    let rounds = 3;
    const sabotage = node.monitor.links$.subscribe((change) => {
      if (change.kind !== "upsert" || rounds === 0 || change.value.kind !== "veth") return;
      rounds--;
      void links.delete(change.key);
    });
    await start(["default/web", { netns: web.path }]);
    await waitUntil("the sabotage to end", () => rounds === 0);
    sabotage.unsubscribe();
    const status = await node.ready("default/web");
    expect(status.addresses.map(ipFamily)).toEqual([4, 6]);
  });
});
