import { isDeepStrictEqual } from "node:util";
import type { Change, ChangeStream, Health } from "@heddle/contracts";
import { describe, expect, it, vi } from "vitest";
import { createSandbox, ip, ipBatch, type Sandbox } from "../../test/sandbox.ts";
import type { Link } from "../link/link.ts";
import type { NetnsHandle } from "../netns.ts";
import { routeKey } from "../route/route.ts";
import type { Rtnetlink } from "../rtnetlink.ts";
import {
  createRtnetlinkMonitor,
  type RtnetlinkMonitor,
  type RtnetlinkMonitorOptions,
} from "./index.ts";

interface Bench {
  readonly netns: NetnsHandle;
  readonly rtnetlink: Rtnetlink;
  readonly monitor: RtnetlinkMonitor;
}

async function createBench(
  sandbox: Sandbox,
  options: RtnetlinkMonitorOptions = {},
): Promise<Bench> {
  const netns = await sandbox.netns();
  const rtnetlink = await sandbox.rtnetlink(netns);
  const monitor = sandbox.use(createRtnetlinkMonitor({ netns }, { pace: 1, ...options }));
  return { netns, rtnetlink, monitor };
}

/** What a stream has told so far. */
interface Record_<K, V> {
  readonly items: ReadonlyMap<K, V>;
  readonly log: readonly Change<K, V>[];
  readonly isEnded: () => boolean;
}

function follow<K, V>(changes$: ChangeStream<K, V>): Record_<K, V> {
  const items = new Map<K, V>();
  const log: Change<K, V>[] = [];
  let ended = false;
  changes$.subscribe({
    next(change) {
      log.push(change);
      if (change.kind === "upsert") items.set(change.key, change.value);
      if (change.kind === "delete") items.delete(change.key);
    },
    complete() {
      ended = true;
    },
  });
  return { items, log, isEnded: () => ended };
}

function untilTrue(condition: () => boolean): Promise<void> {
  return vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 5 });
}

/** Counters and the like change by themselves. */
function steady(link: Link): Partial<Link> {
  const { statistics: _statistics, bridge: _bridge, unknown: _unknown, ...rest } = link;
  return rest;
}

/** Waits until what the streams told is what a list has; throws the difference when that takes too long. */
async function becomesRight(
  { rtnetlink }: Bench,
  streams: ReturnType<typeof followAll>,
): Promise<boolean> {
  await vi.waitFor(
    async () => {
      const links = await rtnetlink.links.list();
      expect([...streams.links.items.values()].map(steady)).toEqual(
        expect.arrayContaining(links.map(steady)),
      );
      expect(streams.links.items.size).toBe(links.length);
      expect(sorted([...streams.addresses.items.values()])).toEqual(
        sorted(await rtnetlink.addresses.list()),
      );
      // Of several routes with one key a stream has the first.
      const routes = await rtnetlink.routes.list();
      const firsts = new Map(routes.toReversed().map((route) => [routeKey(route), route]));
      expect(sorted([...streams.routes.items.values()])).toEqual(sorted([...firsts.values()]));
      expect(sorted([...streams.rules.items.values()])).toEqual(
        sorted(await rtnetlink.rules.list()),
      );
    },
    { timeout: 10_000, interval: 20 },
  );
  return true;
}

function sorted(values: readonly object[]): readonly string[] {
  return values
    .map((value) =>
      JSON.stringify(value, (_, member: unknown) =>
        typeof member === "bigint" ? String(member) : member,
      ),
    )
    .toSorted();
}

function followAll(monitor: RtnetlinkMonitor) {
  return {
    links: follow(monitor.links$),
    addresses: follow(monitor.addresses$),
    routes: follow(monitor.routes$),
    neighbours: follow(monitor.neighbours$),
    rules: follow(monitor.rules$),
  };
}

const veths = `link add v0 type veth peer name v1
  link set v0 up
  link set v1 up
  address add 10.0.0.1/24 dev v0
  address add 2001:db8::1/64 dev v0 nodad`;

describe("a monitor", () => {
  it("tells what is there, syncs once, and follows what ip does", async () => {
    await using sandbox = createSandbox();
    const bench = await createBench(sandbox);
    const { netns, monitor } = bench;
    ipBatch(netns, veths);
    const streams = followAll(monitor);
    await monitor.start();
    for (const { log } of Object.values(streams)) {
      expect(log.filter((change) => change.kind === "synced")).toHaveLength(1);
      expect(log.at(-1)).toEqual({ kind: "synced" });
    }
    expect([...streams.links.items.values()].map(({ name }) => name)).toEqual(["lo", "v1", "v0"]);
    expect(await becomesRight(bench, streams)).toBe(true);

    ip(netns, "address add 10.0.0.2/24 dev v0");
    await untilTrue(() => streams.addresses.items.size >= 3 && streams.routes.items.size > 5);
    expect(await becomesRight(bench, streams)).toBe(true);
    ip(netns, "neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev v0");
    const device = [...streams.links.items.values()].find(({ name }) => name === "v0")?.index;
    const key = `${String(device)} 10.0.0.7`;
    await untilTrue(() => streams.neighbours.items.get(key)?.state === "permanent");
    ip(netns, "neigh del 10.0.0.7 dev v0");
    await untilTrue(() => !streams.neighbours.items.has(key));
    ip(netns, "rule add from 10.0.0.0/8 table 7 priority 9");
    await untilTrue(() => [...streams.rules.items.values()].some(({ priority }) => priority === 9));
    ip(netns, "rule del priority 9");
    expect(await becomesRight(bench, streams)).toBe(true);
    ip(netns, "link del v0");
    await untilTrue(() => streams.links.items.size === 1);
    expect(await becomesRight(bench, streams)).toBe(true);
    expect(streams.links.log.filter((change) => change.kind === "synced")).toHaveLength(1);
  });

  // The kernel's own habits: each line is a change that is told in parts, in another's name, or not at all.
  it.each([
    ["a device goes down, with its IPv4 routes", "link set v0 down"],
    ["the other end goes down", "link set v1 down"],
    ["a device is deleted, with its routes", "link del v0"],
    ["the source address of a route is deleted", "address del 10.0.0.1/24 dev v0"],
    ["a route is replaced", "route replace 10.5.0.0/16 via 10.0.0.9"],
    ["a route is added beside another", "route append 10.5.0.0/16 via 10.0.0.9"],
    ["a route is put before another", "route prepend 10.5.0.0/16 via 10.0.0.9"],
    ["one of two routes is deleted", "route del 10.6.0.0/16 via 10.0.0.2"],
    ["the other of two routes is deleted", "route del 10.6.0.0/16 via 10.0.0.3"],
    ["a next hop is added", "route append 2001:db8:5::/48 via 2001:db8::9"],
    ["a next hop is removed", "route del 2001:db8:6::/48 via 2001:db8::2"],
    [
      "an IPv6 route by several next hops is replaced",
      "route replace 2001:db8:6::/48 via 2001:db8::9",
    ],
    ["an IPv6 route is replaced by one to a device", "route replace 2001:db8:5::/48 dev v1"],
    [
      "one of two IPv6 routes to devices is replaced",
      "route replace 2001:db8:7::/48 dev v1 proto bgp",
    ],
    ["one of two IPv6 routes to devices is deleted", "route del 2001:db8:7::/48 dev v0"],
    ["a next hop object is deleted, with the routes that use it", "nexthop del id 7"],
    ["a next hop object is replaced", "nexthop replace id 7 via 10.0.0.9 dev v0"],
    ["a port leaves its bridge", "link set v1 nomaster"],
    ["a device moves to a bridge", "link set v0 master br0"],
    ["a device gets another name", "link set v1 down name renamed"],
    [
      "an address gets lifetimes",
      "address change 10.0.0.1/24 dev v0 valid_lft 100 preferred_lft 50",
    ],
    ["all IPv6 routes of a program are flushed", "-6 route flush proto boot"],
  ])("is right after %s", async (_, command) => {
    await using sandbox = createSandbox();
    const bench = await createBench(sandbox);
    const { netns, monitor } = bench;
    ipBatch(
      netns,
      `${veths}
       link add br0 type bridge
       link set br0 up
       link set v1 master br0
       route add 10.5.0.0/16 via 10.0.0.2
       route add 10.6.0.0/16 via 10.0.0.2
       route append 10.6.0.0/16 via 10.0.0.3
       route add 10.7.0.0/16 via 10.0.0.2 src 10.0.0.1
       route add 2001:db8:5::/48 via 2001:db8::2
       route add 2001:db8:6::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3
       route add 2001:db8:7::/48 dev v0
       route append 2001:db8:7::/48 dev br0
       nexthop add id 7 via 10.0.0.2 dev v0
       route add 10.8.0.0/16 nhid 7`,
    );
    const streams = followAll(monitor);
    await monitor.start();
    expect(await becomesRight(bench, streams)).toBe(true);
    ip(netns, command);
    expect(await becomesRight(bench, streams)).toBe(true);
  });

  it("is right again after events were lost", async () => {
    await using sandbox = createSandbox();
    // The least that the kernel allows; a link's message does not fit beside another.
    const bench = await createBench(sandbox, { receiveBuffer: 2048 });
    const { netns, monitor } = bench;
    ipBatch(netns, veths);
    const streams = followAll(monitor);
    const health: Health[] = [];
    monitor.health$.subscribe((state) => health.push(state));
    await monitor.start();
    // In one process that does not wait for us: more than the buffer holds comes at once.
    ipBatch(
      netns,
      Array.from(
        { length: 100 },
        (_, index) => `link set v0 mtu ${String(1300 + index)}
          route add 10.${String(index)}.0.0/16 dev v0
          rule add from 10.${String(index)}.0.0/16 table 7 priority ${String(index + 10)}`,
      ).join("\n"),
    );
    await untilTrue(() => health.some(({ level }) => level === "degraded"));
    expect(await becomesRight(bench, streams)).toBe(true);
    expect(streams.rules.items.size).toBeGreaterThan(100);
    await untilTrue(() => monitor.health$.value.level === "ok");
    expect(health.find(({ level }) => level === "degraded")?.message).toBe(
      "events were lost: receiving failed with ENOBUFS",
    );
    // And it goes on from there.
    ip(netns, "link set v1 mtu 1290");
    await untilTrue(() => [...streams.links.items.values()].some(({ mtu }) => mtu === 1290));
  });

  it("follows a namespace though its handle is disposed of and its name is gone", async () => {
    await using sandbox = createSandbox();
    const bench = await createBench(sandbox, { receiveBuffer: 2048 });
    const streams = followAll(bench.monitor);
    await bench.monitor.start();
    bench.netns[Symbol.dispose]();
    const { links } = bench.rtnetlink;
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        links.add({ name: `b${String(index)}`, kind: "bridge" }),
      ),
    );
    await untilTrue(() => streams.links.items.size === 31);
    expect(streams.links.items.size).toBe(31);
  });

  it("tells each subscriber the whole, and ends for all when it is closed", async () => {
    await using sandbox = createSandbox();
    const { monitor, netns } = await createBench(sandbox);
    const early = follow(monitor.rules$);
    expect(early.log).toEqual([]);
    await monitor.start();
    const late = follow(monitor.rules$);
    expect(late.log).toEqual(early.log);
    ip(netns, "rule add table 7 priority 9");
    await untilTrue(() => early.log.length === late.log.length && early.log.length === 7);
    expect(isDeepStrictEqual(early.items, late.items)).toBe(true);
    await monitor.close();
    await monitor.close();
    expect([early.isEnded(), late.isEnded()]).toEqual([true, true]);
  });

  it("leaves out what it is not asked for, and brings what routes depend on", async () => {
    await using sandbox = createSandbox();
    const { monitor } = await createBench(sandbox, { kinds: ["routes"] });
    const streams = followAll(monitor);
    await monitor.start();
    const synced = Object.entries(streams)
      .filter(([, { log }]) => log.some((change) => change.kind === "synced"))
      .map(([name]) => name);
    expect(synced).toEqual(["links", "addresses", "routes"]);
    expect(monitor.health$.value).toEqual({ level: "ok", message: "in step with 3 kinds" });
  });
});
