import { type IpFamily, ipFamily } from "@heddle/contracts";
import { devicesMap, pinsAt } from "@heddle/datapath";
import type { Lab, LabNodeStatus } from "@heddle/lab";
import { createRtnetlink, openNetns, type NetnsHandle, type Rtnetlink } from "@heddle/rtnetlink";
import { waitUntil } from "@heddle/testing";
import { openPinnedMap } from "libbpf-napi";

const device = "eth0";

interface Opened {
  readonly node: LabNodeStatus;
  readonly netns: NetnsHandle;
  readonly rtnetlink: Rtnetlink;
}

/**
 * Takes the switch out from between the two nodes of a lab and joins them by a wire, which is what contestants of two nodes
 * have. A switch is another pair of devices and a bridge, and costs each packet more than either node does.
 */
export async function joinByWire(lab: Lab): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const nodes: Opened[] = [];
  for (const node of await lab.status()) nodes.push(await open(stack, node));
  const [one, other] = nodes;
  if (one === undefined || other === undefined) throw new Error(`lab ${lab.name} has one node`);
  for (const { rtnetlink } of nodes) await rtnetlink.links.delete(device);
  await one.rtnetlink.links.add({
    name: device,
    kind: "veth",
    up: true,
    peer: { name: device, netns: other.netns },
  });
  await other.rtnetlink.links.set(device, { up: true });
  for (const opened of nodes) await settle(lab, opened);
}

async function open(stack: AsyncDisposableStack, node: LabNodeStatus): Promise<Opened> {
  const netns = stack.use(openNetns(node.netns));
  const rtnetlink = stack.use(createRtnetlink({ netns }));
  await rtnetlink.start();
  return { node, netns, rtnetlink };
}

const prefixLengths: Readonly<Record<IpFamily, number>> = { 4: 24, 6: 64 };

/** Gives the device the node's addresses, and waits until the agent has its programs on it. */
async function settle(lab: Lab, { node, rtnetlink }: Opened): Promise<void> {
  const index = (await rtnetlink.links.get(device))?.index;
  if (index === undefined) throw new Error(`${node.name} has no ${device}`);
  for (const address of node.addresses) {
    const prefixLength = prefixLengths[ipFamily(address)];
    await rtnetlink.addresses.add({ device: index, address, prefixLength, flags: ["nodad"] });
  }
  const { HEDDLE_PIN_ROOT: root = "" } = lab.onNode(node.name, []).env;
  using devices = openPinnedMap(pinsAt(root).map(devicesMap.name), devicesMap);
  await waitUntil(`the agent of ${node.name} to take up ${device}`, () => devices.get(index));
}
