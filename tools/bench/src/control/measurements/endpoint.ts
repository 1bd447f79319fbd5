// Pods that are asked for all at once, until each has its devices, addresses, routes and map entries. The
// programs are not attached: that is the package datapath's.
import { addressBits, type IpAddress, ipFamilies, parseIp, systemClock } from "@heddle/contracts";
import { defaultGateway } from "@heddle/datapath";
import {
  createEndpoints,
  type Endpoint,
  type EndpointRequest,
  type Endpoints,
  endpointsMap,
} from "@heddle/endpoint";
import { createRtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import { createTable, type Derived } from "@heddle/tables";
import { createTestNetns, type TestNetns } from "@heddle/testing";
import { createMap, type KernelMap } from "libbpf-napi";
import { complaints, liveBytes, megabytes, type Own, runMeasurement } from "../measurement.ts";
import { untilMany } from "../until-many.ts";

type Requests = ReturnType<typeof createTable<string, Derived<EndpointRequest>>>;

const nodeAddress = { 4: parseIp("192.0.2.1"), 6: parseIp("2001:db8::1") } as const;

await runMeasurement(async ({ size, own, report }) => {
  const node = await own(createTestNetns("node"));
  const paths: string[] = [];
  for (let index = 0; index < size; index++) paths.push((await own(createTestNetns("pod"))).path);
  await addNodeAddresses(node);
  const map = await own(createMap(endpointsMap));
  const requests: Requests = createTable({ name: "requests" });
  requests.markSynced();
  const before = liveBytes();
  const endpoints = await start(own, node, map, requests);
  const started = performance.now();
  for (const [index, netns] of paths.entries()) {
    requests.upsert(`default/pod-${String(index)}`, { netns });
  }
  await untilMany(endpoints.status.changes$, size, ({ phase }) => phase === "ready");
  report("time", performance.now() - started);
  report("memory", megabytes(liveBytes() - before));
  const entries = (await Array.fromAsync(map.entries())).length;
  if (entries !== 2 * size) {
    throw new Error(`the map has ${String(entries)} entries for ${String(size)} pods`);
  }
});

async function addNodeAddresses({ rtnetlink }: TestNetns): Promise<void> {
  const loopback = await rtnetlink.links.get("lo");
  if (loopback === undefined) throw new Error("there is no loopback");
  for (const family of ipFamilies) {
    const address = nodeAddress[family];
    await rtnetlink.addresses.add({
      device: loopback.index,
      address,
      prefixLength: addressBits(family),
    });
  }
}

async function start(
  own: Own,
  node: TestNetns,
  map: KernelMap<IpAddress, Endpoint>,
  requests: Requests,
): Promise<Endpoints> {
  const monitor = await own(createRtnetlinkMonitor({ netns: node.handle }));
  await monitor.start();
  const { links$, addresses$, routes$ } = monitor;
  const epochs = new Map<number, number>();
  const endpoints = await own(
    createEndpoints(
      {
        requests$: requests.changes$,
        addresses: pool(),
        programs: { attachPod: () => Promise.resolve(), detachPod: () => Promise.resolve() },
        map,
        epochs: {
          firstSlot: 1,
          lastSlot: 4096,
          get: (slot) => epochs.get(slot) ?? 0,
          set: (slot, epoch) => void epochs.set(slot, epoch),
        },
        node: node.rtnetlink,
        links$,
        addresses$,
        routes$,
        nodeAddress: (family) => nodeAddress[family],
        mtu: () => 1500,
        clock: systemClock,
        logger: complaints,
      },
      { gateway: defaultGateway, routeProtocol: 73 },
    ),
  );
  await endpoints.start();
  return endpoints;
}

/** One address of each family after the other. */
function pool(): Parameters<typeof createEndpoints>[0]["addresses"] {
  let given = 0;
  return {
    allocate() {
      given++;
      const [high, low] = [given >> 8, given & 0xff];
      return [
        parseIp(`10.244.${String(high)}.${String(low)}`),
        parseIp(`fd00:1::${given.toString(16)}`),
      ];
    },
    claim: () => undefined,
    release: () => undefined,
  };
}
