import { parseIp, parsePrefix, silentLogger, systemClock } from "@heddle/contracts";
import { sysctl } from "@heddle/rtnetlink";
import { createRtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import { createTable, type MutableTable } from "@heddle/tables";
import { createTestNetns, joinNetns, type TestNetns, waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ClusterNode, createRouting, type Routing, type RoutingOptions } from "./index.ts";

let stack: AsyncDisposableStack;
let netns: TestNetns;
let nodes: MutableTable<string, ClusterNode>;
let changes = 0;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  netns = stack.use(await createTestNetns("node"));
  const network = stack.use(await createTestNetns("net"));
  await joinNetns({ netns, device: "eth0" }, { netns: network, device: "eth0" });
  await netns.run("ip", "address", "add", "192.0.2.1/24", "dev", "eth0");
  await netns.run("ip", "address", "add", "2001:db8::1/64", "dev", "eth0", "nodad");
  nodes = createTable({ name: "nodes" });
  changes = 0;
});
afterEach(async () => stack.disposeAsync());

const node = (index: number, ...addresses: readonly string[]): ClusterNode => ({
  name: `node-${String(index)}`,
  addresses: addresses.map(parseIp),
  podPrefixes: [
    parsePrefix(`10.244.${String(index)}.0/24`),
    parsePrefix(`fd00:10:244:${String(index)}::/64`),
  ],
});
const self = node(1, "192.0.2.1", "2001:db8::1");
const peer = node(2, "192.0.2.2", "2001:db8::2");

async function start(options: Partial<RoutingOptions> = {}): Promise<Routing> {
  const monitor = stack.use(createRtnetlinkMonitor({ netns: netns.handle }));
  await monitor.start();
  const routing = stack.use(
    createRouting(
      {
        nodes$: nodes.changes$,
        node: netns.rtnetlink,
        settings: sysctl(netns.handle),
        links$: monitor.links$,
        addresses$: monitor.addresses$,
        routes$: monitor.routes$,
        neighbours$: monitor.neighbours$,
        rules$: monitor.rules$,
        routesChanged: () => void changes++,
        clock: systemClock,
        logger: silentLogger,
      },
      { nodeName: "node-1", routeProtocol: 72, podRouteProtocol: 73, ...options },
    ),
  );
  await routing.start();
  return routing;
}

function announce(...members: readonly ClusterNode[]): void {
  for (const member of members) nodes.upsert(member.name, member);
  nodes.markSynced();
}

/** The routes of the protocol as `ip` shows them: `10.244.2.0/24 via 192.0.2.2 dev eth0`. */
async function routes(family: "-4" | "-6"): Promise<readonly string[]> {
  const text = await netns.run("ip", family, "route", "show", "proto", "72");
  return text
    .split("\n")
    .map((line) => line.replace(/ metric.*/, "").trim())
    .filter((line) => line !== "")
    .toSorted();
}

/** Waits until these are the routes. */
const expectRoutes = (family: "-4" | "-6", expected: readonly string[]): Promise<void> =>
  expect.poll(() => routes(family), { timeout: 10_000 }).toEqual(expected);

const devices = (routing: Routing): readonly string[] =>
  Array.from(routing.devices.entries(), ([, { name, mtu }]) => `${name} ${String(mtu)}`).toSorted();

/** How many changes were told when no more come. */
async function quiet(): Promise<number> {
  let seen = -1;
  await waitUntil("quiet", () => {
    const isQuiet = seen === changes;
    seen = changes;
    return isQuiet;
  });
  return seen;
}

describe("the pods of another node", () => {
  it("are reached by that node, in both families", async () => {
    announce(self, peer);
    await start();
    await expectRoutes("-4", ["10.244.2.0/24 via 192.0.2.2 dev eth0", "unreachable 10.244.1.0/24"]);
    await expectRoutes("-6", [
      "fd00:10:244:2::/64 via 2001:db8::2 dev eth0",
      "unreachable fd00:10:244:1::/64 dev lo",
    ]);
  });

  it("are followed when the node moves, and forgotten when it leaves", async () => {
    announce(self, peer);
    await start();
    await expectRoutes("-4", ["10.244.2.0/24 via 192.0.2.2 dev eth0", "unreachable 10.244.1.0/24"]);
    announce({ ...peer, addresses: [parseIp("192.0.2.22")] });
    await waitUntil("the detour", async () => (await routes("-4"))[0]?.includes("192.0.2.22"));
    nodes.delete("node-2");
    await expectRoutes("-4", ["unreachable 10.244.1.0/24"]);
    await expectRoutes("-6", ["unreachable fd00:10:244:1::/64 dev lo"]);
  });

  it("are not looked at again for a route that somebody else makes", async () => {
    let looks = 0;
    const watched: ClusterNode = {
      ...peer,
      get podPrefixes() {
        looks++;
        return peer.podPrefixes;
      },
    };
    announce(self, watched);
    await start();
    await expectRoutes("-4", ["10.244.2.0/24 via 192.0.2.2 dev eth0", "unreachable 10.244.1.0/24"]);
    const told = await quiet();
    const before = looks;
    await netns.run("ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.9");
    await waitUntil("the route to be told of", () => changes > told);
    await quiet();
    expect(looks).toBe(before);
  });

  it("are left to the network when the node is on no link of this one", async () => {
    announce(self, node(3, "198.51.100.3", "2001:db8:3::3"));
    const routing = await start();
    await expectRoutes("-4", ["unreachable 10.244.1.0/24"]);
    await expect.poll(() => routing.health$.value.level).toBe("ok");
  });

  it("of IPv4 are reached by an IPv6 address where the node has no other", async () => {
    announce(self, { ...peer, addresses: [parseIp("2001:db8::2")] });
    await start();
    await expectRoutes("-4", [
      "10.244.2.0/24 via inet6 2001:db8::2 dev eth0",
      "unreachable 10.244.1.0/24",
    ]);
  });

  it("of IPv6 cannot be reached by an IPv4 address, which is told by node and family", async () => {
    announce(self, { ...peer, addresses: [parseIp("192.0.2.2")] });
    const routing = await start();
    const { message } = await waitUntil("degraded health", () => {
      const health = routing.health$.value;
      return health.level === "degraded" ? health : undefined;
    });
    expect(message).toContain("fd00:10:244:2::/64");
    expect(message).toContain("node node-2: it has no InternalIP of IPv6");
  });

  it("go by the device with the nearest of several prefixes, as the kernel has it", async () => {
    await netns.run("ip", "link", "add", "eth9", "type", "bridge");
    await netns.run("ip", "address", "add", "192.0.3.1/16", "dev", "eth9");
    await netns.run("ip", "link", "set", "eth9", "up");
    // Addresses are listed by device, so that one of them comes first whichever is wider.
    await netns.run("ip", "link", "add", "eth8", "type", "bridge");
    await netns.run("ip", "address", "add", "198.51.100.1/24", "dev", "eth8");
    await netns.run("ip", "address", "add", "198.51.0.1/16", "dev", "eth9");
    await netns.run("ip", "link", "set", "eth8", "up");
    announce(self, peer, node(3, "198.51.100.3", "2001:db8::3"));
    await start();
    await expectRoutes("-4", [
      "10.244.2.0/24 via 192.0.2.2 dev eth0",
      "10.244.3.0/24 via 198.51.100.3 dev eth8",
      "unreachable 10.244.1.0/24",
    ]);
  });

  it("are there again at once after their device was down, or somebody deleted a route", async () => {
    announce(self, peer);
    await start();
    const expected = ["10.244.2.0/24 via 192.0.2.2 dev eth0", "unreachable 10.244.1.0/24"];
    await expectRoutes("-4", expected);
    await netns.run("ip", "link", "set", "eth0", "down");
    await expectRoutes("-4", ["unreachable 10.244.1.0/24"]);
    await netns.run("ip", "link", "set", "eth0", "up");
    await expectRoutes("-4", expected);
    await netns.run("ip", "route", "delete", "10.244.2.0/24");
    await netns.run("ip", "route", "delete", "unreachable", "10.244.1.0/24");
    await expectRoutes("-4", expected);
  });

  it("are pruned when they were left behind by an earlier process, and others' routes are not", async () => {
    await netns.run("ip", "route", "add", "10.244.9.0/24", "via", "192.0.2.9", "proto", "72");
    await netns.run("ip", "route", "add", "10.99.0.0/16", "via", "192.0.2.9");
    announce(self);
    await start();
    await expectRoutes("-4", ["unreachable 10.244.1.0/24"]);
    expect(await netns.run("ip", "route")).toContain("10.99.0.0/16");
  });
});

describe("the devices that lead to the network", () => {
  it("are those with the node's addresses, with the MTU that pods may use", async () => {
    announce(self);
    const routing = await start();
    expect(devices(routing)).toEqual(["eth0 1500"]);
    expect(routing.mtu()).toBe(1500);
    await netns.run("ip", "link", "set", "eth0", "mtu", "1400");
    await waitUntil("the smaller MTU", () => routing.mtu() === 1400);
    await netns.run("ip", "link", "set", "eth0", "down");
    await waitUntil("no device", () => routing.devices.size === 0);
  });

  it("are those of default routes, too, and those that are named instead", async () => {
    await netns.run("ip", "link", "add", "eth1", "type", "bridge");
    await netns.run("ip", "link", "set", "eth1", "up");
    announce(self);
    const routing = await start();
    await expect.poll(() => devices(routing)).toEqual(["eth0 1500"]);
    await netns.run("ip", "route", "add", "default", "dev", "eth1");
    await expect.poll(() => devices(routing)).toEqual(["eth0 1500", "eth1 1500"]);
    const named = await start({ devices: ["eth1"] });
    await expect.poll(() => devices(named)).toEqual(["eth1 1500"]);
  });

  it("tell the node's own address", async () => {
    announce(self);
    const routing = await start();
    expect(routing.nodeAddress(4)).toBe("192.0.2.1");
    expect(routing.nodeAddress(6)).toBe("2001:db8::1");
    await netns.run("ip", "address", "del", "192.0.2.1/24", "dev", "eth0");
    await waitUntil("it to be gone", () => routing.nodeAddress(4) === undefined);
    expect(routing.nodeAddress(6)).toBe("2001:db8::1");
  });
});

describe("forwarding", () => {
  it("is switched on", async () => {
    await start();
    expect(await sysctl(netns.handle).get("net/ipv4/ip_forward")).toBe("1");
    expect(await sysctl(netns.handle).get("net/ipv6/conf/all/forwarding")).toBe("1");
  });
});

describe("a change of the ways that packets go", () => {
  it("is told once per turn, and not when only a pod came or went", async () => {
    announce(self);
    await start();
    await expectRoutes("-4", ["unreachable 10.244.1.0/24"]);
    const before = await quiet();
    expect(before).toBeGreaterThan(0);
    await netns.run("ip", "route", "add", "10.244.1.5/32", "dev", "eth0", "proto", "73");
    await netns.run("ip", "route", "del", "10.244.1.5/32", "proto", "73");
    await netns.run("ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.9");
    await waitUntil("the news", () => changes > before);
    const between = await quiet();
    await netns.run("ip", "route", "del", "203.0.113.0/24");
    await waitUntil("the news of its end", () => changes > between);
    const after = await quiet();
    await netns.run("ip", "rule", "add", "dport", "80", "ipproto", "6", "lookup", "100");
    await waitUntil("the news of a rule", () => changes > after);
    const neighbour = ["192.0.2.9", "lladdr", "02:00:00:00:00:09", "dev", "eth0", "nud"];
    await netns.run("ip", "neighbour", "add", ...neighbour, "reachable");
    const last = await quiet();
    await netns.run("ip", "neighbour", "change", ...neighbour, "failed");
    await waitUntil("the news of a lost neighbour", () => changes > last);
  });
});
