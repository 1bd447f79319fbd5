import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { resolveSourceNat, writeSourceNat } from "@heddle/conntrack";
import {
  connectionsMap,
  connSettingsMap,
  natDevicesMap,
  natPortsMap,
  natPrefixesMap,
  natSettingsMap,
  natWarningsMap,
} from "@heddle/conntrack/bpf";
import { ipFamilies, parsePrefix, port } from "@heddle/contracts";
import { devicesMap, nodeAddrsMap, nodeObject, podObject, TunnelUse } from "@heddle/datapath";
import { tunnelNodesMap, tunnelPeersMap, tunnelSelfMap, tunnelsMap } from "@heddle/encap-geneve";
import { type Endpoint, endpointsMap } from "@heddle/endpoint";
import { type LoadedObject, loadObject, type MapOptions, type Program } from "libbpf-napi";
import { peer, remotePod, type Scene } from "./scene.ts";

/** Heddle's programs that packets go through, not attached. */
export interface Datapath extends AsyncDisposable {
  readonly fromPod: Program;
  readonly toPod: Program;
  readonly fromNet: Program;
}

/** Where the package `datapath` has its object files. */
const objects = join(
  dirname(createRequire(import.meta.url).resolve("@heddle/datapath/package.json")),
  "objects",
);

/** Connections that fit: more than any test of known ones has. */
const connectionEntries = 262_144;

/** Decisions and entries last longer than any test. */
const forever = 1n << 31n;

/** How packets leave the node: by its routes, through a tunnel to the other node, or with the node's address. */
export type Leaving = "direct" | "geneve" | "masquerade";

/**
 * Loads the programs with maps of their own, and tells them of the scene's pods and devices.
 *
 * @param wayLifetime in jiffies: 0 for programs that decide every packet anew
 */
export async function loadDatapath(
  scene: Scene,
  leaving: Leaving = "direct",
  wayLifetime: bigint = forever,
): Promise<Datapath> {
  await using stack = new AsyncDisposableStack();
  const tunnelUse = leaving === "geneve" ? TunnelUse.send : TunnelUse.unused;
  const settings = { wayLifetime, tunnelUse };
  const pod = stack.use(
    await loadObject(podObject, join(objects, "pod.bpf.o"), {
      settings,
      maps: { [connectionsMap.name]: { maxEntries: connectionEntries } },
    }),
  );
  const node = stack.use(
    await loadObject(nodeObject, join(objects, "node.bpf.o"), { settings, maps: mapsOf(pod) }),
  );
  fillMaps(scene, pod, node);
  // A translated connection takes two entries.
  track(pod, leaving === "masquerade" ? connectionEntries / 2 : connectionEntries);
  if (leaving === "geneve") fillTunnels(scene, pod);
  if (leaving === "masquerade") await fillNat(scene, pod);
  const disposal = stack.move();
  return {
    fromPod: pod.program(podObject.programs.fromPod.name),
    toPod: pod.program(podObject.programs.toPod.name),
    fromNet: node.program(nodeObject.programs.fromNet.name),
    async [Symbol.asyncDispose]() {
      await disposal.disposeAsync();
    },
  };
}

/** The maps that the node's programs share with the pods'. */
function mapsOf(pod: LoadedObject): Readonly<Record<string, MapOptions>> {
  const { maps } = podObject;
  const both = nodeObject.maps.filter((name) => maps.includes(name));
  return Object.fromEntries(
    both.map((name) => {
      const reuse = pod.rawMap(name);
      return [name, { reuse, maxEntries: reuse.maxEntries }];
    }),
  );
}

function track(pod: LoadedObject, limit: number): void {
  pod.map(connSettingsMap).set(0, {
    lifetime: Array.from({ length: 8 }, () => forever),
    limit: BigInt(limit),
    fragmentLifetime: forever,
    clockMask: (1n << 64n) - 1n,
    clockOffset: 0n,
    hz: 1000,
    events: 0,
  });
}

/** Writes what the packages endpoint and datapath would. */
function fillMaps({ node, uplink, web, db }: Scene, pod: LoadedObject, nodes: LoadedObject): void {
  const endpoints = pod.map(endpointsMap);
  const nodeAddresses = nodes.map(nodeAddrsMap);
  pod.map(devicesMap).set(uplink, { mtu: 1500 });
  for (const { ifindex, slot, mac, address } of [web, db]) {
    const value: Endpoint = { ifindex, epochSlot: slot, epoch: 0, mac, mtu: 1500 };
    for (const family of ipFamilies) endpoints.set(address[family], value);
  }
  for (const family of ipFamilies) nodeAddresses.set(node.address[family], 1);
}

/** Writes what the package encap-geneve would, over IPv4. */
function fillTunnels({ node }: Scene, pod: LoadedObject): void {
  const slot = 1;
  pod.map(tunnelSelfMap).set(0, { ipv4: node.address[4], ipv6: node.address[6], ifindex: 0 });
  pod.map(tunnelsMap).set(slot, { peer: peer.address[4], mtu: 0, expires: 0n });
  const [nodes, peers] = [pod.map(tunnelNodesMap), pod.map(tunnelPeersMap)];
  for (const family of ipFamilies) {
    nodes.set(peer.address[family], slot);
    peers.set({ address: remotePod[family], length: family === 4 ? 96 + 24 : 64 }, slot);
  }
}

/** Has all that pods send out of the node leave with its addresses. */
async function fillNat({ node }: Scene, pod: LoadedObject): Promise<void> {
  const maps = {
    settings: pod.map(natSettingsMap),
    devices: pod.map(natDevicesMap),
    prefixes: pod.map(natPrefixesMap),
    ports: pod.map(natPortsMap),
    warnings: pod.ringBuffer(natWarningsMap),
  };
  const addresses = ipFamilies.map((family) => node.address[family]);
  const sources = ["10.244.0.0/16", "fd00::/16"].map(parsePrefix);
  // All that the test with many flows needs; each keeps its own.
  const ports = { first: port(1), last: port(65_535) };
  await writeSourceNat(maps, resolveSourceNat({ addresses, sources, ports, sockets: true }));
}
