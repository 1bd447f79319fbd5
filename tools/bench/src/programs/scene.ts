import {
  type InterfaceIndex,
  type IpAddress,
  type IpFamily,
  type MacAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
} from "@heddle/contracts";
import { sysctl } from "@heddle/rtnetlink";
import { createTestNetns, joinNetns, type TestNetns } from "@heddle/testing";

export type AddressPair = Readonly<{ 4: IpAddress; 6: IpAddress }>;

/** Who sends and receives packets. */
export interface Party {
  readonly mac: MacAddress;
  readonly address: AddressPair;
}

/** A pod of the scene's node. */
interface ScenePod extends Party {
  /** The node's end of its device pair. */
  readonly ifindex: InterfaceIndex;
  /** Where its epoch lies. */
  readonly slot: number;
}

/**
 * A node with two pods and a device to the network, in namespaces of its own: real devices, routes and
 * neighbours, as far as the programs ask for them.
 */
export interface Scene extends AsyncDisposable {
  /** Path of the node's network namespace. */
  readonly netns: string;
  readonly node: Party;
  readonly uplink: InterfaceIndex;
  readonly web: ScenePod;
  readonly db: ScenePod;
}

/** MAC address that every pod has for its gateway. */
export const gatewayMac: MacAddress = parseMac("02:68:65:64:64:6c");
export const gateway: AddressPair = pair("169.254.1.1", "fe80::1");
/** The other node, which has the pod {@link remotePod}. */
export const peer: Party = party("02:00:00:00:00:aa", pair("192.0.2.2", "2001:db8::2"));
export const remotePod: AddressPair = pair("10.244.2.7", "fd00:2::7");

const nodeMac = parseMac("02:00:00:00:00:01");
const nodeAddress = pair("192.0.2.1", "2001:db8::1");

function pair(ipv4: string, ipv6: string): AddressPair {
  return { 4: parseIpv4(ipv4), 6: parseIpv6(ipv6) };
}

function party(mac: string, address: AddressPair): Party {
  return { mac: parseMac(mac), address };
}

export async function createScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const netns = stack.use(await createTestNetns("node"));
  const network = stack.use(await createTestNetns("net"));
  const web = await addPod(stack, netns, 1);
  const db = await addPod(stack, netns, 2);
  const { near: uplink } = await joinNetns(
    { netns, device: "eth0" },
    { netns: network, device: "eth0" },
  );
  await netns.rtnetlink.links.set(uplink, { address: nodeMac });
  await configureNode(netns, uplink);
  const disposal = stack.move();
  return {
    netns: netns.path,
    node: { mac: nodeMac, address: nodeAddress },
    uplink,
    web,
    db,
    async [Symbol.asyncDispose]() {
      await disposal.disposeAsync();
    },
  };
}

async function addPod(
  stack: AsyncDisposableStack,
  node: TestNetns,
  slot: number,
): Promise<ScenePod> {
  const name = `pod${String(slot)}`;
  const netns = stack.use(await createTestNetns(name));
  const { near: ifindex } = await joinNetns(
    { netns: node, device: name },
    { netns, device: "eth0" },
  );
  await node.rtnetlink.links.set(ifindex, { address: gatewayMac });
  const mac = parseMac(`02:00:00:00:01:0${String(slot)}`);
  return {
    ifindex,
    slot,
    mac,
    address: pair(`10.244.1.${String(slot)}`, `fd00:1::${String(slot)}`),
  };
}

/** Addresses, forwarding, and the way to the other node's pods. */
async function configureNode(netns: TestNetns, device: InterfaceIndex): Promise<void> {
  const { addresses, routes, neighbours } = netns.rtnetlink;
  const settings = sysctl(netns.handle);
  await settings.set("net/ipv4/ip_forward", 1);
  await settings.set("net/ipv6/conf/all/forwarding", 1);
  await addresses.add({ device, address: nodeAddress[4], prefixLength: 24 });
  await addresses.add({ device, address: nodeAddress[6], prefixLength: 64, flags: ["nodad"] });
  for (const [family, prefix] of remotePrefixes) {
    const destination = peer.address[family];
    await neighbours.add({ device, destination, address: peer.mac, state: "permanent" });
    const nextHops = [{ gateway: destination, device }];
    await routes.add({ destination: parsePrefix(prefix), nextHops });
  }
}

const remotePrefixes: readonly (readonly [family: IpFamily, prefix: string])[] = [
  [4, "10.244.2.0/24"],
  [6, "fd00:2::/64"],
];
