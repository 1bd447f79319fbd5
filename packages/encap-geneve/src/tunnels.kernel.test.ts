import {
  type InterfaceIndex,
  interfaceIndex,
  parseIp,
  parseMac,
  parsePrefix,
  silentLogger,
  systemClock,
} from "@heddle/contracts";
import { sysctl } from "@heddle/rtnetlink";
import { createTable } from "@heddle/tables";
import { createTestNetns, type TestNetns, waitUntil } from "@heddle/testing";
import { createMemoryMap } from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createTunnels,
  type TunnelMaps,
  type TunnelNode,
  tunnelNodesMap,
  tunnelPeersMap,
  type Tunnels,
  tunnelSelfMap,
  type TunnelsOptions,
  tunnelsMap,
} from "./index.ts";

const gateway = {
  ipv4: parseIp("169.254.1.1"),
  ipv6: parseIp("fe80::1"),
  mac: parseMac("02:68:65:64:64:6c"),
};

let netns: TestNetns;
let maps: TunnelMaps;
let changes: number;
let attached: InterfaceIndex[];
const makeTables = () => ({
  nodes: createTable<string, TunnelNode>({ name: "nodes" }),
  devices: createTable<InterfaceIndex, { readonly mtu: number }>({ name: "devices" }),
});
let tables: ReturnType<typeof makeTables>;
beforeEach(async () => {
  netns = await createTestNetns("tunnels");
  maps = {
    self: createMemoryMap(tunnelSelfMap),
    tunnels: createMemoryMap(tunnelsMap),
    nodes: createMemoryMap(tunnelNodesMap),
    peers: createMemoryMap(tunnelPeersMap),
  };
  changes = 0;
  attached = [];
  tables = makeTables();
  tables.nodes.upsert("self", node("self", "192.0.2.9", "10.9.0.0/24"));
  tables.nodes.upsert("a", node("a", "192.0.2.1", "10.1.0.0/24"));
  tables.devices.upsert(interfaceIndex(2), { mtu: 1500 });
  for (const table of [tables.nodes, tables.devices]) table.markSynced();
});
afterEach(async () => netns[Symbol.asyncDispose]());

function node(name: string, address: string, prefix: string): TunnelNode {
  return { name, addresses: [parseIp(address)], podPrefixes: [parsePrefix(prefix)] };
}

function create(options: Partial<TunnelsOptions> = {}): Tunnels {
  return createTunnels(
    {
      nodes$: tables.nodes.changes$,
      devices$: tables.devices.changes$,
      maps,
      device: {
        node: netns.rtnetlink,
        settings: sysctl(netns.handle),
        attach: async (near) => void attached.push(near),
      },
      routesChanged: () => void changes++,
      clock: systemClock,
      logger: silentLogger,
    },
    { nodeName: "self", underlay: 4, gateway, ...options },
  );
}

const peerOf = (address: string): string | undefined => {
  const slot = maps.peers.get({ length: 128, address: parseIp(address) });
  return slot === undefined ? undefined : maps.tunnels.get(slot)?.peer;
};
const link = async (): Promise<string> => netns.run("ip", "-o", "link", "show");

describe("tunnels of a node", () => {
  it("are in the maps and on a device when it has started, and follow the nodes", async () => {
    await using tunnels = create();
    await tunnels.start();
    await waitUntil("health", () => tunnels.health$.value.level === "ok");
    expect(peerOf("10.1.0.7")).toBe("192.0.2.1");
    expect(peerOf("10.9.0.7")).toBeUndefined();
    expect(maps.nodes.get(parseIp("192.0.2.1"))).toBe(1);
    const [index] = attached;
    expect(maps.self.get(0)).toEqual({ ipv4: "192.0.2.9", ipv6: "::", ifindex: index });
    expect(await link()).toMatch(/heddle-tun@\S+ <\S*UP\S*> mtu 1450 .*02:68:65:64:64:6c/s);

    // Another address moves the tunnel, in a slot of its own, without a restart.
    let before = changes;
    tables.nodes.upsert("a", node("a", "192.0.2.2", "10.1.0.0/24"));
    await waitUntil("the other address", () => peerOf("10.1.0.7") === "192.0.2.2");
    expect(maps.nodes.has(parseIp("192.0.2.1"))).toBe(false);
    expect(changes).toBeGreaterThan(before);

    // One that leaves is unreachable.
    before = changes;
    tables.nodes.delete("a");
    await waitUntil("its end", () => peerOf("10.1.0.7") === undefined);
    await waitUntil("its end", () => !maps.nodes.has(parseIp("192.0.2.2")));
    expect(changes).toBeGreaterThan(before);
  });

  it("are as large as the narrowest device allows", async () => {
    await using tunnels = create({ options: ["cluster-id"] });
    await tunnels.start();
    expect(tunnels.mtu()).toBe(1442);
    tables.devices.upsert(interfaceIndex(3), { mtu: 9000 });
    tables.devices.upsert(interfaceIndex(2), { mtu: 4000 });
    await waitUntil("the other MTU", async () => (await link()).includes("mtu 3942"));
    expect(tunnels.mtu()).toBe(3942);
  });

  it("end at a device that has an address, so that a loose rp_filter is loose there", async () => {
    await using tunnels = create();
    await tunnels.start();
    const told = await netns.run("ip", "-4", "-o", "address", "show", "dev", "heddle-tun");
    expect(told).toMatch(/inet 127\.254\.1\.1\/32 scope host/);
  });

  it("are taken over from an earlier process, and nothing is changed that is right", async () => {
    {
      await using first = create();
      await first.start();
      await waitUntil("health", () => first.health$.value.level === "ok");
    }
    changes = 0;
    tables.nodes.upsert("b", node("b", "192.0.2.3", "10.3.0.0/24"));
    await using second = create();
    await second.start();
    await waitUntil("the new node", () => peerOf("10.3.0.1") === "192.0.2.3");
    expect(maps.nodes.get(parseIp("192.0.2.1"))).toBe(1);
    // The new node's address and its prefix.
    expect(changes).toBe(2);
  });

  it("lose the device where nothing is sent into them any more", async () => {
    {
      await using first = create();
      await first.start();
    }
    expect(await link()).toContain("heddle-tun");
    await using second = create({ sends: false });
    await second.start();
    await waitUntil("the end of the device", async () => !(await link()).includes("heddle-tun"));
    expect(maps.self.get(0)).toMatchObject({ ipv4: "192.0.2.9", ifindex: 0 });
    expect(peerOf("10.1.0.7")).toBe("192.0.2.1");
  });

  it("put right what somebody else has changed", async () => {
    maps.peers.set({ length: 120, address: parseIp("10.77.0.0") }, 5);
    maps.nodes.set(parseIp("192.0.2.77"), 5);
    await using tunnels = create();
    await tunnels.start();
    await waitUntil("order", () => tunnels.health$.value.level === "ok");
    expect(peerOf("10.77.0.1")).toBeUndefined();
    expect(maps.nodes.has(parseIp("192.0.2.77"))).toBe(false);
  });
});
