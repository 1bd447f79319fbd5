import { type InterfaceIndex, type IpAddress, parsePrefix, prefixFamily } from "@heddle/contracts";
import {
  createNetns,
  createRtnetlink,
  type NetnsHandle,
  type Rtnetlink,
  sysctl,
} from "@heddle/rtnetlink";
import { addressOf, type HostPlan, type LabPlan, netnsPath } from "./plan.ts";

/** The bridge of the switch. */
const bridge = "br0";

/** The device of every host. */
const device = "eth0";

/** Makes the namespaces of the switch and of all hosts, and joins them by a bridge. */
export async function createUnderlay(plan: LabPlan): Promise<void> {
  const hosts = [...plan.nodes, plan.outside];
  using switchNetns = await createNetns(netnsPath(plan.switchNetns));
  await using switching = createRtnetlink({ netns: switchNetns });
  await switching.start();
  const { index: master } = await switching.links.add({
    name: bridge,
    kind: "bridge",
    up: true,
    // Neighbour discovery reaches everybody at once, as on a hub.
    bridge: { stpState: 0, forwardDelay: 0, multicastSnooping: false },
    addressGeneration: "none",
  });
  await Promise.all(
    hosts.map(async (host, port) => {
      using netns = await createNetns(netnsPath(host.netns));
      await switching.links.add({
        name: `port${String(port)}`,
        kind: "veth",
        master,
        up: true,
        addressGeneration: "none",
        peer: { name: device, netns },
      });
      await configureHost(netns, host, plan);
    }),
  );
}

async function configureHost(netns: NetnsHandle, host: HostPlan, plan: LabPlan): Promise<void> {
  await using inside = createRtnetlink({ netns });
  await inside.start();
  await inside.links.set("lo", { up: true });
  if (plan.families.includes(6)) await trustAddresses(netns);
  await inside.links.set(device, { up: true });
  const link = await inside.links.get(device);
  if (link === undefined) throw new Error(`${device} vanished from ${netns.path}`);
  for (const { address, prefixLength } of host.addresses) {
    await inside.addresses.add({ device: link.index, address, prefixLength });
  }
  if (host === plan.outside) await addPodRoutes(inside, plan, link.index);
  else await addDefaultRoutes(inside, plan);
}

/**
 * The addresses of the underlay are valid at once, the link-local one too: while that is tentative
 * (RFC 4862 section 5.4, one to two seconds), no neighbour is solicited for a packet that is forwarded.
 */
async function trustAddresses(netns: NetnsHandle): Promise<void> {
  await sysctl(netns).set(`net/ipv6/conf/${device}/accept_dad`, 0);
}

/** The outside host is the nodes' router. */
async function addDefaultRoutes(node: Rtnetlink, plan: LabPlan): Promise<void> {
  const via = (destination: string, gateway: IpAddress) =>
    node.routes.add({ destination: parsePrefix(destination), nextHops: [{ gateway }] });
  for (const family of plan.families) {
    const gateway = addressOf(plan.outside, family);
    if (gateway !== undefined) await via(family === 4 ? "0.0.0.0/0" : "::/0", gateway);
  }
}

/** As a network that was told of the cluster's prefixes has them, or that they are on the link. */
async function addPodRoutes(
  outside: Rtnetlink,
  plan: LabPlan,
  onLink: InterfaceIndex,
): Promise<void> {
  for (const node of plan.nodes) {
    for (const destination of node.podPrefixes) {
      const gateway = addressOf(node, prefixFamily(destination));
      if (plan.onLinkPods) {
        await outside.routes.add({ destination, nextHops: [{ device: onLink }] });
      } else if (gateway !== undefined) {
        await outside.routes.add({ destination, nextHops: [{ gateway }] });
      }
    }
  }
}
