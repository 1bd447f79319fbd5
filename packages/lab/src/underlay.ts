import { addressBits, type InterfaceIndex, ipFamily } from "@heddle/contracts";
import {
  createNetns,
  createRtnetlink,
  type NetnsHandle,
  type Rtnetlink,
  type Sysctl,
  sysctl,
} from "@heddle/rtnetlink";
import { type DevicePlan, type HostPlan, hostsOf, type LabPlan, netnsPath } from "./plan.ts";
import type { Network } from "./topology.ts";

/** Makes the namespaces of the switch and of all hosts, and joins them by a bridge for each network. */
export async function createUnderlay(plan: LabPlan): Promise<void> {
  using switchNetns = await createNetns(netnsPath(plan.switchNetns));
  await using switching = createRtnetlink({ netns: switchNetns });
  await switching.start();
  const bridges = await Promise.all(
    plan.networks.map(async (network) => ({
      ...network,
      ...(await addBridge(switching, network)),
    })),
  );
  await Promise.all(
    hostsOf(plan).map(async (host) => {
      using netns = await createNetns(netnsPath(host.netns));
      for (const device of host.devices) {
        const bridge = bridges.find(({ name }) => name === device.network);
        if (bridge !== undefined) await plugIn(switching, device, netns, bridge);
      }
      await configureHost(netns, host);
    }),
  );
}

/** A bridge in the switch. */
interface Bridge {
  readonly index: InterfaceIndex;
  readonly mtu: number;
}

function addBridge(switching: Rtnetlink, { name, mtu }: Network): Promise<Bridge> {
  return switching.links.add({
    name,
    kind: "bridge",
    mtu,
    up: true,
    // Neighbour discovery reaches everybody at once, as on a hub.
    bridge: { stpState: 0, forwardDelay: 0, multicastSnooping: false },
    addressGeneration: "none",
  });
}

async function plugIn(
  switching: Rtnetlink,
  { name, port, mtu }: DevicePlan,
  netns: NetnsHandle,
  bridge: Bridge,
): Promise<void> {
  await switching.links.add({
    name: port,
    kind: "veth",
    mtu: bridge.mtu,
    master: bridge.index,
    up: true,
    addressGeneration: "none",
    peer: { name, netns, mtu },
  });
}

async function configureHost(netns: NetnsHandle, host: HostPlan): Promise<void> {
  await using inside = createRtnetlink({ netns });
  await inside.start();
  const settings = sysctl(netns);
  if (host.isRouter) await enableForwarding(settings);
  await inside.links.set("lo", { up: true });
  const lo = await deviceIndex(inside, "lo");
  for (const address of host.loopback) {
    const prefixLength = addressBits(ipFamily(address));
    await inside.addresses.add({ device: lo, address, prefixLength });
  }
  for (const device of host.devices) await configureDevice(inside, settings, device);
  const onLink = await deviceIndex(inside, "eth0");
  for (const { destination, gateway } of host.routes) {
    const nextHop = gateway === undefined ? { device: onLink } : { gateway };
    await inside.routes.add({ destination, nextHops: [nextHop] });
  }
}

async function configureDevice(
  inside: Rtnetlink,
  settings: Sysctl,
  { name, addresses }: DevicePlan,
): Promise<void> {
  if (addresses.some(({ address }) => ipFamily(address) === 6)) {
    await trustAddresses(settings, name);
  }
  await inside.links.set(name, { up: true });
  const device = await deviceIndex(inside, name);
  for (const address of addresses) await inside.addresses.add({ device, ...address });
}

/**
 * The addresses of the underlay are valid at once, the link-local one too: while that is tentative
 * (RFC 4862 section 5.4, one to two seconds), no neighbour is solicited for a packet that is forwarded.
 */
async function trustAddresses(settings: Sysctl, device: string): Promise<void> {
  await settings.set(`net/ipv6/conf/${device}/accept_dad`, 0);
}

async function enableForwarding(settings: Sysctl): Promise<void> {
  await settings.set("net/ipv4/ip_forward", 1);
  await settings.set("net/ipv6/conf/all/forwarding", 1);
}

async function deviceIndex(inside: Rtnetlink, name: string): Promise<InterfaceIndex> {
  const link = await inside.links.get(name);
  if (link === undefined) throw new Error(`${name} vanished`);
  return link.index;
}
