// Nodes that join all at once, until the kernel has a route of each family to each one's pods.
import { type InterfaceIndex, parseIp, parsePrefix, systemClock } from "@heddle/contracts";
import { type ClusterNode, createRouting } from "@heddle/routing";
import { type Route, sysctl } from "@heddle/rtnetlink";
import { createRtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import { createTable } from "@heddle/tables";
import { createTestNetns, joinNetns, type TestNetns } from "@heddle/testing";
import { complaints, liveBytes, megabytes, runMeasurement } from "../measurement.ts";
import { untilMany } from "../until-many.ts";

const protocols = { routeProtocol: 72, podRouteProtocol: 73 } as const;

await runMeasurement(async ({ size, own, report }) => {
  const netns = await own(createTestNetns("node"));
  const network = await own(createTestNetns("net"));
  const { near } = await joinNetns({ netns, device: "eth0" }, { netns: network, device: "eth0" });
  const self = node(1);
  await addAddresses(netns, near, self);
  const nodes = createTable<string, ClusterNode>({ name: "nodes" });
  nodes.upsert(self.name, self);
  nodes.markSynced();
  const before = liveBytes();
  const monitor = await own(createRtnetlinkMonitor({ netns: netns.handle }));
  await monitor.start();
  const { links$, addresses$, routes$, neighbours$, rules$ } = monitor;
  const routing = await own(
    createRouting(
      {
        nodes$: nodes.changes$,
        node: netns.rtnetlink,
        settings: sysctl(netns.handle),
        links$,
        addresses$,
        routes$,
        neighbours$,
        rules$,
        routesChanged: () => undefined,
        clock: systemClock,
        logger: complaints,
      },
      { nodeName: self.name, ...protocols },
    ),
  );
  await routing.start();
  const started = performance.now();
  for (let number = 2; number <= size + 1; number++) {
    const other = node(number);
    nodes.upsert(other.name, other);
  }
  const isOurs = ({ protocol, type }: Route): boolean =>
    protocol === protocols.routeProtocol && type === "unicast";
  await untilMany(routes$, 2 * size, isOurs);
  report("time", performance.now() - started);
  report("memory", megabytes(liveBytes() - before));
});

/** Up to 16383 nodes on one link, each with a prefix for pods. */
function node(number: number): ClusterNode {
  const [high, low] = [number >> 8, number & 0xff].map(String);
  const group = number.toString(16);
  return {
    name: `node-${String(number)}`,
    addresses: [parseIp(`10.0.${high ?? ""}.${low ?? ""}`), parseIp(`2001:db8::${group}`)],
    podPrefixes: [
      parsePrefix(`100.${String(64 + (number >> 8))}.${low ?? ""}.0/24`),
      parsePrefix(`fd00:${group}::/64`),
    ],
  };
}

async function addAddresses(
  { rtnetlink }: TestNetns,
  device: InterfaceIndex,
  { addresses: [ipv4, ipv6] }: ClusterNode,
): Promise<void> {
  const { addresses } = rtnetlink;
  if (ipv4 === undefined || ipv6 === undefined) throw new Error("a node has two addresses");
  await addresses.add({ device, address: ipv4, prefixLength: 16 });
  await addresses.add({ device, address: ipv6, prefixLength: 64, flags: ["nodad"] });
}
