import {
  type InterfaceIndex,
  type IpAddress,
  type IpFamily,
  type MacAddress,
  parseIp,
  silentLogger,
  systemClock,
} from "@heddle/contracts";
import { type Neighbour, sysctl } from "@heddle/rtnetlink";
import { createRtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import { createTable, type MutableTable } from "@heddle/tables";
import { createTestNetns, joinNetns, type TestNetns, waitUntil } from "@heddle/testing";
import { ndpDevices, type NdpResponderDeps } from "../index.ts";

/** What is behind the host. */
export const inner: Readonly<Record<IpFamily, IpAddress>> = {
  4: parseIp("10.244.1.5"),
  6: parseIp("fd00:1::ab:cd05"),
};
/** Another address of the same solicited-node group. */
export const twin: IpAddress = parseIp("fd00:2::ab:cd05");
/** The neighbours on the host's two links. */
export const neighbourAddress: Readonly<Record<IpFamily, IpAddress>> = {
  4: parseIp("192.0.2.2"),
  6: parseIp("2001:db8::2"),
};

/** One of the host's links: a neighbour who knows nothing but that the inner prefixes are on it. */
interface SceneLink {
  readonly netns: TestNetns;
  /** The host's device. */
  readonly device: InterfaceIndex;
  readonly mac: MacAddress;
  /** The neighbour's device. */
  readonly far: InterfaceIndex;
}

/** A host with two links, and something behind it. */
export interface LinkScene extends AsyncDisposable {
  readonly host: TestNetns;
  readonly links: readonly [SceneLink, SceneLink];
  readonly behind: TestNetns;
  readonly addresses: MutableTable<IpAddress, unknown>;
  /** Which devices answer; set before they are asked for. */
  readonly chosen: Set<string>;
  readonly deps: NdpResponderDeps;
  /** Makes a neighbour ask for an address, and gives what he then knows. */
  resolve(link: SceneLink, address: IpAddress): Promise<Neighbour>;
  /** The host's memberships on a device: how many users a group has. */
  groupUsers(device: string, group: string): Promise<number>;
}

export async function createLinkScene(): Promise<LinkScene> {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await createTestNetns("host"));
  const behind = stack.use(await createTestNetns("behind"));
  const { near } = await joinNetns(
    { netns: host, device: "in0" },
    { netns: behind, device: "eth0" },
  );
  const settings = sysctl(host.handle);
  await settings.set("net/ipv4/ip_forward", 1);
  await settings.set("net/ipv6/conf/all/forwarding", 1);
  await connectInner(host, behind, near);
  const links = [await addLink(stack, host, "eth0"), await addLink(stack, host, "eth1")] as const;
  const monitor = stack.use(createRtnetlinkMonitor({ netns: host.handle }));
  await monitor.start();
  const addresses = createTable<IpAddress, unknown>({ name: "addresses" });
  const chosen = new Set(["eth0", "eth1"]);
  const deps: NdpResponderDeps = {
    addresses$: addresses.changes$,
    devices$: ndpDevices(monitor, ({ name }) => chosen.has(name)),
    neighbours: host.rtnetlink.neighbours,
    clock: systemClock,
    logger: silentLogger,
  };
  const owned = stack.move();
  return {
    host,
    links,
    behind,
    addresses,
    chosen,
    deps,
    resolve,
    groupUsers: (device, group) => groupUsers(host, device, group),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Gives the inner namespace its addresses, as a pod has them, and the host routes to them. */
async function connectInner(
  host: TestNetns,
  behind: TestNetns,
  near: InterfaceIndex,
): Promise<void> {
  const gateway = await host.rtnetlink.links.get(near);
  for (const [address, length, via] of [
    [inner[4], 32, "169.254.1.1"],
    [inner[6], 128, "fe80::1"],
  ] as const) {
    const cidr = `${address}/${String(length)}`;
    const nodad = length === 128 ? ["nodad"] : [];
    await behind.run("ip", "address", "add", cidr, "dev", "eth0", ...nodad);
    await behind.run("ip", "neigh", "add", via, "lladdr", String(gateway?.address), "dev", "eth0");
    await behind.run("ip", "route", "add", "default", "via", via, "dev", "eth0", "onlink");
    await host.run("ip", "route", "add", cidr, "dev", "in0");
  }
}

async function addLink(
  stack: AsyncDisposableStack,
  host: TestNetns,
  device: string,
): Promise<SceneLink> {
  const netns = stack.use(await createTestNetns("net"));
  const { near, far } = await joinNetns({ netns: host, device }, { netns, device: "eth0" });
  const link = await host.rtnetlink.links.get(near);
  if (link?.address === undefined) throw new Error(`${device} has no address`);
  await netns.run("ip", "address", "add", `${neighbourAddress[4]}/24`, "dev", "eth0");
  await netns.run("ip", "address", "add", `${neighbourAddress[6]}/64`, "dev", "eth0", "nodad");
  for (const prefix of ["10.244.0.0/16", "fd00::/16"])
    await netns.run("ip", "route", "add", prefix, "dev", "eth0");
  // The host answers through the first link.
  if (device === "eth0") {
    await host.run("ip", "address", "add", "192.0.2.1/24", "dev", device);
    await host.run("ip", "address", "add", "2001:db8::1/64", "dev", device, "nodad");
  }
  return { netns, device: near, mac: link.address, far };
}

async function resolve({ netns, far }: SceneLink, destination: IpAddress): Promise<Neighbour> {
  const { neighbours } = netns.rtnetlink;
  await neighbours.delete({ device: far, destination });
  await neighbours.replace({ device: far, destination, state: "none", flags: ["use"] });
  return await waitUntil(`${destination} to be resolved, or not`, async () => {
    const found = await neighbours.get({ device: far, destination });
    return found !== undefined && found.state !== "incomplete" && found;
  });
}

async function groupUsers(host: TestNetns, device: string, group: string): Promise<number> {
  const shown = await host.run("cat", "/proc/net/igmp6");
  const hex = group.replace("ff02::1:ff", "ff0200000000000000000001ff").replace(":", "");
  const line = shown.split("\n").find((text) => text.includes(device) && text.includes(hex));
  return Number(line?.trim().split(/\s+/)[3] ?? 0);
}
