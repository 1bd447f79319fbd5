import {
  hostPrefix,
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type MacAddress,
  parsePrefix,
  type IpPrefix,
  addressBits,
} from "@heddle/contracts";
import { createRtnetlink, type NetnsHandle, type Rtnetlink, sysctl } from "@heddle/rtnetlink";
import { allOf } from "./all-of.ts";
import { EndpointError } from "./endpoint-error.ts";

/** What a pod has as its gateway: the node's end of its device pair, by link-local addresses. */
export interface Gateway {
  readonly ipv4: IpAddress;
  readonly ipv6: IpAddress;
  readonly mac: MacAddress;
}

/** A pod's addresses and devices, as they should be. */
export interface PodNetwork {
  /** How messages name it. */
  readonly pod: string;
  /** The pod's own end of the pair, in its namespace. */
  readonly device: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  readonly addresses: readonly IpAddress[];
}

const everything: Readonly<Record<IpFamily, IpPrefix>> = {
  4: parsePrefix("0.0.0.0/0"),
  6: parsePrefix("::/0"),
};

/**
 * Sets up the inside of a pod's namespace: loopback, device, addresses, and a default route to the
 * gateway. Doing it again repairs what is missing, and disturbs nothing that is right.
 */
export async function configurePod(
  netns: NetnsHandle,
  network: PodNetwork,
  gateway: Gateway,
): Promise<void> {
  await using inside = createRtnetlink({ netns });
  const { device, mac, mtu, addresses, pod } = network;
  const families = new Set(addresses.map(ipFamily));
  await allOf([inside.start(), ...(families.has(6) ? prepareIpv6(netns, device) : [])]);
  // What is asked for together the kernel gets at once, and does in this order.
  const [link] = await Promise.all([
    inside.links.get(device),
    inside.links.set("lo", { up: true }),
    inside.links.set(device, { address: mac, mtu, up: true }),
  ]);
  if (link === undefined) throw deviceMissing(pod, device, netns.path);
  const { index } = link;
  const gateways = [...families].map((family) => (family === 4 ? gateway.ipv4 : gateway.ipv6));
  await allOf([
    ...addresses.map((address) => addAddress(inside, index, address)),
    ...gateways.flatMap((address) => addDefaultRoute(inside, index, address)),
  ]);
}

async function addAddress(
  inside: Rtnetlink,
  device: InterfaceIndex,
  address: IpAddress,
): Promise<void> {
  const prefixLength = addressBits(ipFamily(address));
  // The address is the pod's alone: the pool has seen to that, and a pod is reachable at once.
  const flags = ipFamily(address) === 6 ? { flags: ["nodad"] as const } : {};
  await inside.addresses.replace({ device, address, prefixLength, ...flags });
}

/** The pod's routes are configured, so it need not listen for a router's. */
function prepareIpv6(netns: NetnsHandle, device: string): readonly Promise<void>[] {
  const settings = sysctl(netns);
  return [
    settings.set(`net/ipv6/conf/${device}/disable_ipv6`, 0),
    settings.set(`net/ipv6/conf/${device}/accept_ra`, 0),
  ];
}

function addDefaultRoute(
  inside: Rtnetlink,
  device: InterfaceIndex,
  gateway: IpAddress,
): readonly Promise<void>[] {
  const toGateway = {
    destination: hostPrefix(gateway),
    scope: "link",
    nextHops: [{ device }],
  } as const;
  return [
    // An IPv6 gateway is link-local already; an IPv4 one needs a route that says so.
    ...(ipFamily(gateway) === 4 ? [inside.routes.replace(toGateway)] : []),
    inside.routes.replace({
      destination: everything[ipFamily(gateway)],
      nextHops: [{ gateway, device }],
    }),
  ];
}

function deviceMissing(pod: string, device: string, netns: string): EndpointError {
  return new EndpointError({
    code: "device-missing",
    operation: "connect pod",
    subject: pod,
    reason: `device ${device} vanished from ${netns} while it was being set up`,
    hint: "it is made again at the next attempt",
  });
}
