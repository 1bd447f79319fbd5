import type { PortUsage, SourceNatOptions } from "@heddle/conntrack";
import {
  createLogger,
  createManualClock,
  type InterfaceIndex,
  interfaceIndex,
  parseIp,
  parsePrefix,
} from "@heddle/contracts";
import type { PrefixUsage } from "@heddle/ipam";
import type { ClusterNode } from "@heddle/routing";
import type { Address } from "@heddle/rtnetlink";
import { createEvents, createState, createTable } from "@heddle/tables";
import { waitUntil } from "@heddle/testing";
import { describe, expect, it } from "vitest";
import { createMasquerade, type MasqueradeOptions } from "./masquerade.ts";

const eth0 = interfaceIndex(2);
const own = parseIp("192.0.2.1");

const usage = (text: string): PrefixUsage => ({
  prefix: parsePrefix(text),
  family: 4,
  capacity: 254n,
  used: 0,
  cooling: 0,
  free: 254n,
  draining: false,
});

const address: Address = {
  device: eth0,
  address: own,
  prefixLength: 24,
  scope: "global",
  flags: ["permanent"],
  preferredLifetime: "forever",
  validLifetime: "forever",
};

/** A node, and what the programs were told. */
function world(options: Partial<MasqueradeOptions> = {}) {
  const nodes = createTable<string, ClusterNode>({ name: "nodes" });
  const devices = createTable<InterfaceIndex, unknown>({ name: "devices" });
  const addresses = createTable<string, Address>({ name: "addresses" });
  const usage$ = createState<readonly PrefixUsage[]>([usage("10.244.1.0/24")]);
  const told: (SourceNatOptions | undefined)[] = [];
  const warnings = createEvents<PortUsage>();
  const logged: { readonly level: string; readonly message: string }[] = [];
  const refuses = { next: false, all: false };
  const setSourceNat = (sourceNat: SourceNatOptions | undefined): Promise<void> => {
    if (refuses.next || refuses.all) {
      refuses.next = false;
      return Promise.reject(new Error("no room"));
    }
    told.push(sourceNat);
    return Promise.resolve();
  };
  const clock = createManualClock();
  const masquerade = createMasquerade(
    {
      clock,
      nodes,
      devices,
      addresses,
      usage$: usage$.state$,
      connections: { table: { setSourceNat, portWarnings: warnings.stream } },
      logger: createLogger(
        ({ level, message, fields }) => logged.push({ level, message, ...fields }),
        "debug",
      ),
    },
    { nodeName: "node-1", enabled: true, exclude: [], ...options },
  );
  const podPrefixes = [parsePrefix("10.244.1.0/24")];
  nodes.upsert("node-1", { name: "node-1", addresses: [own], podPrefixes });
  devices.upsert(eth0, {});
  addresses.upsert("own", address);
  const sync = (): void => {
    for (const table of [nodes, devices, addresses]) table.markSynced();
  };
  return { clock, nodes, addresses, usage$, told, refuses, masquerade, sync, warnings, logged };
}

describe("masquerade", () => {
  it("tells the programs once everything is known, and from then on of changes", async () => {
    const { nodes, told, masquerade, sync } = world();
    await using _closed = masquerade;
    const started = masquerade.start();
    expect(masquerade.health$.value.level).toBe("starting");
    expect(told).toEqual([]);
    sync();
    await started;
    expect(told).toMatchObject([
      { addresses: [own], devices: [{ ifindex: eth0, addresses: [own] }] },
    ]);
    expect(masquerade.health$.value).toEqual({
      level: "ok",
      message: "pods leave the cluster with 192.0.2.1",
    });

    for (const [name, text] of [
      ["node-2", "192.0.2.2"],
      ["node-3", "192.0.2.3"],
    ] as const) {
      nodes.upsert(name, { name, addresses: [parseIp(text)], podPrefixes: [] });
    }
    await waitUntil("the other nodes to be told", () => told.length > 1);
    expect(told).toHaveLength(2);
    expect(told.at(-1)?.exclude).toEqual(expect.arrayContaining(["192.0.2.2/32", "192.0.2.3/32"]));
  });

  it("tells nothing again that is as it was", async () => {
    const { addresses, usage$, told, masquerade, sync } = world();
    await using _closed = masquerade;
    sync();
    await masquerade.start();
    addresses.upsert("other", { ...address, device: interfaceIndex(9) });
    usage$.set([usage("10.244.1.0/24"), usage("10.244.7.0/24")]);
    await waitUntil("the prefix to be told", () => told.length > 1);
    expect(told).toHaveLength(2);
    expect(told.at(-1)?.sources).toEqual(["10.244.1.0/24", "10.244.7.0/24"]);
  });

  it("takes back what was told, where it is off", async () => {
    const { told, masquerade, sync } = world({ enabled: false });
    await using _closed = masquerade;
    sync();
    await masquerade.start();
    expect(told).toEqual([undefined]);
    expect(masquerade.health$.value).toEqual({ level: "ok", message: "off" });
  });

  it("is degraded when the programs cannot be told, and tries again with the next change", async () => {
    const { nodes, told, refuses, masquerade, sync } = world();
    await using _closed = masquerade;
    refuses.next = true;
    sync();
    await masquerade.start();
    expect(masquerade.health$.value).toEqual({ level: "degraded", message: "no room" });
    nodes.upsert("node-2", { name: "node-2", addresses: [], podPrefixes: [] });
    await waitUntil("the next try", () => told.length > 0);
    await waitUntil("health", () => masquerade.health$.value.level === "ok");
  });

  it("tries again by itself, until the programs have been told", async () => {
    const { clock, told, refuses, masquerade, sync, logged } = world();
    await using _closed = masquerade;
    refuses.all = true;
    sync();
    await masquerade.start();
    for (let tries = 0; tries < 3; tries++) {
      await waitUntil("the next try to be due", () => clock.pending > 0);
      clock.advance(5000);
    }
    await waitUntil("the next try to be due", () => clock.pending > 0);
    expect(told).toEqual([]);
    expect(logged.filter(({ level }) => level === "error")).toHaveLength(1);
    refuses.all = false;
    clock.advance(5000);
    await waitUntil("the next try", () => told.length > 0);
    await waitUntil("health", () => masquerade.health$.value.level === "ok");
    expect(clock.pending).toBe(0);
  });

  it("logs where ports run short", async () => {
    const { masquerade, sync, warnings, logged } = world();
    await using _closed = masquerade;
    sync();
    await masquerade.start();
    const shortage: PortUsage = {
      protocol: "tcp",
      address: own,
      destination: parseIp("198.51.100.9"),
      destinationPort: 443,
      used: 22_938,
      capacity: 32_768,
    };
    warnings.emit(shortage);
    const level = "warn";
    expect(logged).toEqual([{ level, message: "ports to leave with run short", ...shortage }]);
  });

  it("can be closed while it waits", async () => {
    const { told, masquerade } = world();
    const started = masquerade.start();
    await masquerade.close();
    await started;
    expect(told).toEqual([]);
  });
});
