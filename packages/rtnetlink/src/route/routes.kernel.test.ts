import { interfaceIndex, parseIp, parsePrefix, prefixFamily } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  createSandbox,
  ip,
  ipBatch,
  type IpObject,
  ipJson,
  type Sandbox,
} from "../../test/sandbox.ts";
import type { NetnsHandle } from "../netns.ts";
import type { Rtnetlink } from "../rtnetlink.ts";
import type { NextHop } from "./next-hop.ts";
import type { Route, RouteSpec } from "./route.ts";

/** A namespace with two veths, 10.0.0.1/24 and 2001:db8::1/64 on the first. */
interface Bench {
  readonly netns: NetnsHandle;
  readonly rtnetlink: Rtnetlink;
  readonly device: NextHop["device"] & number;
}

async function createBench(sandbox: Sandbox): Promise<Bench> {
  const netns = await sandbox.netns();
  const rtnetlink = await sandbox.rtnetlink(netns);
  const { links, addresses } = rtnetlink;
  const { index } = await links.add({ name: "v0", kind: "veth", up: true, peer: { name: "v1" } });
  await links.set("v1", { up: true });
  const [ipv4, ipv6] = [parseIp("10.0.0.1"), parseIp("2001:db8::1")];
  await addresses.add({ device: index, address: ipv4, prefixLength: 24 });
  await addresses.add({ device: index, address: ipv6, prefixLength: 64, flags: ["nodad"] });
  return { netns, rtnetlink, device: index };
}

/** The route as `ip -d route show table all` shows it. */
function asIpShows(route: Route, names: ReadonlyMap<number, string>): IpObject {
  const { nextHops, destination } = route;
  const [only] = nextHops;
  const isIpv6 = prefixFamily(destination) === 6;
  return {
    type: route.type,
    dst: shownPrefix(destination),
    table: String(route.table),
    protocol: route.protocol,
    scope: route.scope,
    ...(isIpv6 || route.metric !== 0 ? { metric: route.metric } : {}),
    ...(route.preferredSource === undefined ? {} : { prefsrc: route.preferredSource }),
    ...(only !== undefined && nextHops.length === 1 ? shownHop(only, isIpv6, names) : {}),
    ...(nextHops.length > 1
      ? {
          nexthops: nextHops.map((hop) =>
            Object.assign(shownHop(hop, isIpv6, names), { weight: hop.weight, flags: [] }),
          ),
        }
      : {}),
  };
}

function shownPrefix(prefix: string): string {
  return prefix.endsWith("/0") ? "default" : prefix.replace(/(?<=\..*)\/32$|(?<=:.*)\/128$/, "");
}

function shownHop(hop: NextHop, isIpv6: boolean, names: ReadonlyMap<number, string>): IpObject {
  const { gateway, device = 0 } = hop;
  const dev = names.get(device);
  if (gateway === undefined) return { dev };
  return gateway.includes(":") === isIpv6
    ? { gateway, dev }
    : { via: { family: "inet6", host: gateway }, dev };
}

describe("routes", () => {
  it("are listed as ip lists them", async () => {
    await using sandbox = createSandbox();
    const { netns, rtnetlink } = await createBench(sandbox);
    ipBatch(
      netns,
      `route add default via 10.0.0.254
       route add 10.5.0.0/16 via 10.0.0.2 mtu lock 1300 advmss 1200 initcwnd 20
       route add 10.6.0.0/16 table 1000 metric 7 nexthop via 10.0.0.2 weight 1 nexthop via 10.0.0.3 weight 3
       route add 10.7.0.0/16 via inet6 2001:db8::2 dev v0 proto bird
       route add blackhole 10.8.0.0/16
       route add prohibit 10.9.0.0/16 metric 9
       route add throw 10.10.0.0/16 table 100
       route add 2001:db8:5::/48 via 2001:db8::2
       route add 2001:db8:6::/48 nexthop via 2001:db8::2 weight 2 nexthop via 2001:db8::3
       route add unreachable 2001:db8:7::/48 dev lo
       route add default via fe80::1 dev v0 metric 5`,
    );
    const links = await rtnetlink.links.list();
    const names = new Map<number, string>(links.map(({ index, name }) => [index, name]));
    const listed = await rtnetlink.routes.list();
    const shown = [
      ...ipJson(netns, "-4 route show table all"),
      ...ipJson(netns, "-6 route show table all"),
    ];
    const expected = listed.map((route) => expect.objectContaining(asIpShows(route, names)));
    expect(shown).toHaveLength(listed.length);
    expect(shown).toEqual(expect.arrayContaining(expected));
  });

  it("are listed by table, device, protocol and type", async () => {
    await using sandbox = createSandbox();
    const { netns, rtnetlink, device } = await createBench(sandbox);
    const { routes } = rtnetlink;
    ipBatch(
      netns,
      `route add 10.5.0.0/16 via 10.0.0.2 table 1000
       route add 10.6.0.0/16 dev v1 proto bgp
       route add blackhole 10.7.0.0/16`,
    );
    const found = async (filter: Parameters<typeof routes.list>[0]): Promise<readonly string[]> =>
      (await routes.list(filter)).map(({ destination }) => destination);
    expect(await found({ table: 1000 })).toEqual(["10.5.0.0/16"]);
    expect(await found({ protocol: "bgp" })).toEqual(["10.6.0.0/16"]);
    expect(await found({ type: "blackhole" })).toEqual(["10.7.0.0/16"]);
    expect(await found({ device, table: "main", family: 4 })).toEqual(["10.0.0.0/24"]);
    expect(await found({ table: 4711 })).toEqual([]);
    expect(await found({ device: interfaceIndex(99) })).toEqual([]);
  });

  it.each<[string, RouteSpec]>([
    [
      "with metrics",
      {
        destination: parsePrefix("10.5.0.0/16"),
        nextHops: [{ gateway: parseIp("10.0.0.2") }],
        metrics: {
          lock: ["mtu"],
          mtu: 1300,
          advertisedMss: 1200,
          initialCongestionWindow: 20,
          initialReceiveWindow: 30,
          quickAck: true,
          congestionControl: "cubic",
        },
        preferredSource: parseIp("10.0.0.1"),
        protocol: 77,
        metric: 5,
        table: 1000,
      },
    ],
    [
      "by several next hops",
      {
        destination: parsePrefix("10.5.0.0/16"),
        nextHops: [
          { gateway: parseIp("10.0.0.2"), weight: 1, flags: [] },
          { gateway: parseIp("192.0.2.7"), weight: 256, flags: ["onlink"] },
          { gateway: parseIp("2001:db8::7"), weight: 3, flags: [] },
        ],
      },
    ],
    [
      "over an IPv6 next hop",
      {
        destination: parsePrefix("0.0.0.0/0"),
        nextHops: [{ gateway: parseIp("fe80::1"), flags: ["onlink"] }],
      },
    ],
    ["to nowhere", { destination: parsePrefix("10.5.0.0/16"), type: "unreachable", nextHops: [] }],
    [
      "of IPv6 with metrics and several next hops",
      {
        destination: parsePrefix("2001:db8:5::/48"),
        metric: 7,
        nextHops: [
          { gateway: parseIp("2001:db8::2"), weight: 2 },
          { gateway: parseIp("2001:db8::3"), weight: 1 },
        ],
        metrics: { mtu: 1400, hopLimit: 9 },
      },
    ],
    [
      "of IPv6 that expires",
      {
        destination: parsePrefix("2001:db8:5::/48"),
        nextHops: [{ gateway: parseIp("2001:db8::2") }],
        preference: "low",
        expires: 3600,
      },
    ],
    [
      "of an IPv6 source",
      {
        destination: parsePrefix("::/0"),
        source: parsePrefix("2001:db8:1::/48"),
        nextHops: [{ gateway: parseIp("fe80::1") }],
      },
    ],
  ])("are made, found, replaced and deleted: %s", async (_, given) => {
    await using sandbox = createSandbox();
    const { rtnetlink, device } = await createBench(sandbox);
    const { routes } = rtnetlink;
    const nextHops = (given.nextHops ?? []).map((hop) => Object.assign({ device }, hop));
    const spec = { ...given, nextHops };
    await routes.add(spec);
    expect(await routes.get(spec)).toMatchObject(spec);
    await expect(routes.add(spec)).rejects.toMatchObject({ code: "exists", errno: "EEXIST" });
    const other = { ...spec, protocol: "bgp", nextHops: nextHops.slice(0, 1) } as const;
    await routes.replace(other);
    const replaced = await routes.get(spec);
    expect(replaced).toMatchObject({ protocol: "bgp" });
    const before = await routes.list({ protocol: "bgp" });
    expect(before).toHaveLength(1);
    expect(replaced !== undefined && (await routes.delete(replaced))).toBe(true);
    expect(await routes.get(spec)).toBeUndefined();
    expect(await routes.list({ protocol: "bgp" })).toEqual([]);
    expect(await routes.delete(spec)).toBe(false);
  });

  it("are written as they were read", async () => {
    await using sandbox = createSandbox();
    const { netns, rtnetlink } = await createBench(sandbox);
    const { routes } = rtnetlink;
    ipBatch(
      netns,
      `route add 10.5.0.0/16 via 10.0.0.2 mtu 1300 realm 7
       route add 10.6.0.0/16 encap ip id 7 dst 10.0.0.2 dev v0
       route add 10.7.0.0/16 nexthop via 10.0.0.2 realm 3 nexthop via 10.0.0.3 weight 5
       route add 2001:db8:5::/48 via 2001:db8::2 table 50`,
    );
    const before = ipJson(netns, "route show table all");
    for (const route of (await routes.list()).filter(({ protocol }) => protocol === "boot")) {
      expect(await routes.delete(route)).toBe(true);
      await routes.add(route);
    }
    const after = ipJson(netns, "route show table all");
    expect(after).toHaveLength(before.length);
    expect(after).toEqual(expect.arrayContaining([...before]));
  });

  it("with a device that is gone are gone, and deleting them says so", async () => {
    await using sandbox = createSandbox();
    const { rtnetlink, device } = await createBench(sandbox);
    const { routes, links } = rtnetlink;
    const spec = { destination: parsePrefix("10.5.0.0/16"), nextHops: [{ device }] };
    await routes.add(spec);
    await links.delete(device);
    expect(await routes.delete(spec)).toBe(false);
    await expect(routes.add(spec)).rejects.toMatchObject({ code: "device-gone", errno: "ENODEV" });
  });

  it("are refused in the kernel's words, with the whole request and what to do", async () => {
    await using sandbox = createSandbox();
    const { netns, rtnetlink, device } = await createBench(sandbox);
    const destination = parsePrefix("10.5.0.0/24");
    const nextHops = [{ gateway: parseIp("192.0.2.1"), device }];
    const where = `10.5.0.0/24 via 192.0.2.1 dev ${String(device)} in namespace ${netns.path}`;
    await expect(rtnetlink.routes.add({ destination, nextHops })).rejects.toMatchObject({
      code: "unreachable",
      errno: "ENETUNREACH",
      reason: "Nexthop has invalid gateway (ENETUNREACH)",
      message: expect.stringContaining(`add route ${where}: Nexthop has invalid gateway`),
      hint: expect.stringContaining("onlink"),
    });
  });

  it("are refused with the name of the attribute", async () => {
    await using sandbox = createSandbox();
    const { rtnetlink } = await createBench(sandbox);
    const destination = parsePrefix("10.5.0.0/24");
    // RTA_PRIORITY has four bytes.
    const unknown = { "#6": Uint8Array.of(1) };
    await expect(rtnetlink.routes.add({ destination, unknown })).rejects.toMatchObject({
      code: "invalid",
      attribute: "priority",
      reason: "Attribute failed policy validation (ERANGE, attribute priority)",
    });
  });

  it("are looked up as the kernel does", async () => {
    await using sandbox = createSandbox();
    const { netns, rtnetlink, device } = await createBench(sandbox);
    const { routes } = rtnetlink;
    ip(netns, "route add 10.5.0.0/16 via 10.0.0.2 table 1000");
    ip(netns, "rule add fwmark 7 table 1000");
    const destination = parseIp("10.5.1.1");
    expect(await routes.lookup(destination, { mark: 7 })).toMatchObject({
      table: 1000,
      nextHops: [{ gateway: "10.0.0.2", device }],
      preferredSource: "10.0.0.1",
    });
    await expect(routes.lookup(destination)).rejects.toMatchObject({
      code: "unreachable",
      errno: "ENETUNREACH",
    });
    expect(await routes.lookup(parseIp("2001:db8::2"))).toMatchObject({ nextHops: [{ device }] });
  });
});
