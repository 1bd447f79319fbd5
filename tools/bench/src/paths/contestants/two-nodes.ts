import { parseIp, parsePrefix } from "@heddle/contracts";
import type { TestNetns } from "@heddle/testing";
import type { Path, PathContestant } from "../path.ts";
import { addNetns, addRoute, addRouter, wire } from "../wire.ts";

/** A host with a pod. */
interface Node {
  readonly host: TestNetns;
  readonly pod: TestNetns;
  readonly address: string;
  /** The network of its pods. */
  readonly pods: string;
}

async function addNode(stack: AsyncDisposableStack, number: number): Promise<Node> {
  const host = await addRouter(stack, `node${String(number)}`);
  const pod = await addNetns(stack, `pod${String(number)}`);
  const network = `10.128.${String(number)}`;
  await wire(
    { netns: pod, device: "eth0", addresses: [`${network}.2/24`] },
    { netns: host, device: "pod", addresses: [`${network}.1/24`] },
  );
  await addRoute(pod, "0.0.0.0/0", `${network}.1`);
  return { host, pod, address: `192.168.77.${String(number)}`, pods: `${network}.0/24` };
}

/** Two nodes with a wire between them. */
async function openNodes(stack: AsyncDisposableStack) {
  const first = await addNode(stack, 1);
  const second = await addNode(stack, 2);
  await wire(
    { netns: first.host, device: "eth0", addresses: [`${first.address}/24`] },
    { netns: second.host, device: "eth0", addresses: [`${second.address}/24`] },
  );
  return { first, second };
}

function pathOf(client: Node, server: Node): Path {
  return { client: client.pod.path, server: server.pod.path, address: "10.128.2.2" };
}

/** Two nodes that route to one another: what a tunnel or a datapath between nodes is built on. */
export const underlay: PathContestant = {
  name: "underlay",
  async open(stack) {
    const { first, second } = await openNodes(stack);
    await addRoute(first.host, second.pods, second.address);
    await addRoute(second.host, first.pods, first.address);
    return pathOf(first, second);
  },
};

/** What VXLAN adds to a packet, with an Ethernet header inside and IPv4 outside. */
const overhead = 50;

/** The kernel's VXLAN, as flannel sets it up: a tunnel device per node, entries for the others, nothing learned. */
export const vxlan: PathContestant = {
  name: "vxlan",
  async open(stack) {
    const { first, second } = await openNodes(stack);
    for (const node of [first, second]) await addTunnel(node);
    await leadThroughTunnel(first, second);
    await leadThroughTunnel(second, first);
    for (const { pod } of [first, second])
      await pod.rtnetlink.links.set("eth0", { mtu: 1500 - overhead });
    return { ...pathOf(first, second), packets: () => sentPackets(first.host) };
  },
};

async function addTunnel({ host, address, pods }: Node): Promise<void> {
  const { links, addresses } = host.rtnetlink;
  const link = (await links.get("eth0"))?.index;
  if (link === undefined) throw new Error(`${host.name} has no eth0`);
  const { index } = await links.add({
    name: "vxlan0",
    kind: "vxlan",
    up: true,
    vxlan: { id: 1, link, local: parseIp(address), port: 8472, learning: false },
  });
  const own = parseIp(pods.replace("/24", ""));
  await addresses.add({ device: index, address: own, prefixLength: 32 });
}

async function leadThroughTunnel(from: Node, to: Node): Promise<void> {
  const { links, routes, neighbours } = from.host.rtnetlink;
  const own = await links.get("vxlan0");
  const other = await to.host.rtnetlink.links.get("vxlan0");
  if (own === undefined || other?.address === undefined) throw new Error("a tunnel is missing");
  const gateway = parseIp(to.pods.replace("/24", ""));
  await routes.add({
    destination: parsePrefix(to.pods),
    nextHops: [{ gateway, device: own.index, flags: ["onlink"] }],
  });
  await neighbours.add({
    device: own.index,
    destination: gateway,
    address: other.address,
    state: "permanent",
  });
  await from.host.run("bridge", "fdb", "append", other.address, "dev", "vxlan0", "dst", to.address);
}

async function sentPackets({ rtnetlink, name }: TestNetns): Promise<number> {
  const link = await rtnetlink.links.get("vxlan0");
  if (link?.statistics === undefined) throw new Error(`${name} has no counters of vxlan0`);
  return Number(link.statistics.sentPackets);
}
