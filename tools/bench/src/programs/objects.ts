import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ipFamilies } from "@heddle/contracts";
import { connectionsMap, connSettingsMap } from "@heddle/conntrack/bpf";
import { devicesMap, nodeAddrsMap, nodeObject, podObject } from "@heddle/datapath";
import { type Endpoint, endpointsMap } from "@heddle/endpoint";
import { type LoadedObject, loadObject, type MapOptions, type Program } from "libbpf-napi";
import type { Scene } from "./scene.ts";

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

/**
 * Loads the programs with maps of their own, and tells them of the scene's pods and devices.
 *
 * @param wayLifetime in jiffies: 0 for programs that decide every packet anew
 */
export async function loadDatapath(scene: Scene, wayLifetime: bigint = forever): Promise<Datapath> {
  await using stack = new AsyncDisposableStack();
  const settings = { wayLifetime };
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

/** Writes what the packages endpoint and datapath would. */
function fillMaps({ node, uplink, web, db }: Scene, pod: LoadedObject, nodes: LoadedObject): void {
  pod.map(connSettingsMap).set(0, {
    lifetime: Array.from({ length: 8 }, () => forever),
    limit: BigInt(connectionEntries),
    fragmentLifetime: forever,
    clockMask: (1n << 64n) - 1n,
    clockOffset: 0n,
    hz: 1000,
    events: 0,
  });
  const endpoints = pod.map(endpointsMap);
  const nodeAddresses = nodes.map(nodeAddrsMap);
  pod.map(devicesMap).set(uplink, { mtu: 1500 });
  for (const { ifindex, slot, mac, address } of [web, db]) {
    const value: Endpoint = { ifindex, epochSlot: slot, epoch: 0, mac, mtu: 1500 };
    for (const family of ipFamilies) endpoints.set(address[family], value);
  }
  for (const family of ipFamilies) nodeAddresses.set(node.address[family], 1);
}
