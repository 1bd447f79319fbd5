import { rmSync } from "node:fs";
import { join } from "node:path";
import { annotations } from "@heddle/agent/client";
import { type IpAddress, isIp } from "@heddle/contracts";
import { formatManifest } from "@heddle/kube-source";
import { createNetns, deleteNetns, openNetns, RtnetlinkError } from "@heddle/rtnetlink";
import * as v from "valibot";
import type { ContainerProcess } from "./containers.ts";
import type { LabContext } from "./lab-context.ts";
import { processSchema, readIfThere, writeJson, writeWhole } from "./lab-folder.ts";
import type { Pod, WantedPod } from "./manifests.ts";
import { netnsPath, type NodePlan, podNetnsName } from "./plan.ts";
import { endNetns, endRunningIn, endSessions } from "./teardown.ts";

/** What is kept of a pod of the lab. */
export interface PodRecord {
  /** `NAMESPACE/NAME`. */
  readonly key: string;
  readonly node: string;
  /** What a file says that the pod is of: `Deployment default/web`. */
  readonly origin: string;
  /** The pod as its file has it, to tell whether it is the same. */
  readonly spec: string;
  /** Path of the network namespace that it runs in. */
  readonly netns: string;
  /** Whether that is the node's. */
  readonly hostNetwork: boolean;
  readonly addresses: readonly IpAddress[];
  /** Empty until all of them have been started. */
  readonly containers: readonly ContainerProcess[];
}

const recordSchema: v.GenericSchema<unknown, PodRecord> = v.object({
  key: v.string(),
  node: v.string(),
  origin: v.string(),
  spec: v.string(),
  netns: v.string(),
  hostNetwork: v.boolean(),
  addresses: v.array(v.custom<IpAddress>((text) => typeof text === "string" && isIp(text))),
  containers: v.pipe(
    v.array(
      v.object({ name: v.string(), process: processSchema, control: v.optional(v.string()) }),
    ),
    v.transform((containers) => containers.map(({ control, ...rest }) => ({ ...rest, control }))),
  ),
});

/** The pods of the lab, by key. */
export function podRecords({ folder }: LabContext): ReadonlyMap<string, PodRecord> {
  const records = folder.pods().flatMap((pod) => {
    const record = readIfThere(folder.pod(pod, "pod.json"), recordSchema);
    return record === undefined ? [] : [record];
  });
  return new Map(records.map((record) => [record.key, record]));
}

/** What of a pod must not change while it runs. */
export function fingerprint(pod: Pod): string {
  return JSON.stringify([pod.metadata?.annotations, pod.metadata?.labels, pod.spec]);
}

/**
 * Makes the pod's network namespace and hands the pod to its node's agent. What is there of an earlier attempt
 * is used, and what still runs of it is ended.
 */
export async function createPod(
  context: LabContext,
  wanted: WantedPod,
  node: NodePlan,
): Promise<PodRecord> {
  const { pod, key, origin } = wanted;
  const hostNetwork = pod.spec?.hostNetwork === true;
  const netns = netnsPath(hostNetwork ? node.netns : podNetnsOf(context, key));
  const record: PodRecord = {
    key,
    node: node.name,
    origin,
    spec: fingerprint(pod),
    netns,
    hostNetwork,
    addresses: hostNetwork ? node.addresses : [],
    containers: [],
  };
  // The record comes first, so that whatever follows is known of.
  writeRecord(context, record);
  if (!hostNetwork) await provideNetns(netns);
  writeWhole(objectFile(context, key), formatManifest("Pod", scheduledPod(pod, record)));
  return record;
}

async function provideNetns(path: string): Promise<void> {
  try {
    openNetns(path)[Symbol.dispose]();
  } catch (error) {
    if (!(error instanceof RtnetlinkError) || error.code !== "namespace-missing") throw error;
    // What is there may be the file without the namespace.
    await deleteNetns(path);
    (await createNetns(path))[Symbol.dispose]();
  }
  await endRunningIn([path]);
}

/** Notes that the pod runs, for the lab and for the cluster. */
export function writeRunning(context: LabContext, record: PodRecord, pod: Pod): void {
  writeRecord(context, record);
  writeWhole(objectFile(context, record.key), formatManifest("Pod", scheduledPod(pod, record)));
}

/** Ends a pod's processes, takes its network away, and forgets it. */
export async function removePod(context: LabContext, record: PodRecord): Promise<void> {
  rmSync(objectFile(context, record.key), { force: true });
  if (record.hostNetwork) {
    const leaders = record.containers.map(({ process }) => process);
    await endSessions(leaders, record.netns);
  } else {
    await endNetns(record.netns);
  }
  for (const { control } of record.containers) {
    if (control !== undefined) rmSync(control, { force: true });
  }
  rmSync(context.folder.podFolder(record.key), { recursive: true, force: true });
}

function writeRecord({ folder }: LabContext, record: PodRecord): void {
  writeJson(folder.pod(record.key, "pod.json"), record);
}

function objectFile({ folder }: LabContext, key: string): string {
  return join(folder.objects, `pod-${key.replace("/", "_")}.yaml`);
}

/** The pod as a scheduler and a container runtime leave it to the agent; with a status once it runs. */
function scheduledPod(pod: Pod, record: PodRecord): Pod {
  const { node, netns, hostNetwork, containers, addresses } = record;
  const own = hostNetwork ? {} : { [annotations.netns]: netns };
  const metadata = Object.assign({}, pod.metadata, {
    annotations: { ...pod.metadata?.annotations, ...own },
  });
  const spec = Object.assign({ containers: [] }, pod.spec, { nodeName: node });
  const status = containers.length > 0 ? { status: statusOf(addresses) } : {};
  return Object.assign({}, pod, { metadata, spec }, status);
}

/** What a kubelet writes, so that every node knows whose the addresses are. */
function statusOf(addresses: readonly IpAddress[]): NonNullable<Pod["status"]> {
  const [first] = addresses;
  const podIPs = addresses.map((ip) => ({ ip }));
  return first === undefined ? { phase: "Running" } : { phase: "Running", podIP: first, podIPs };
}

function podNetnsOf({ plan }: LabContext, key: string): string {
  const [namespace = "", name = ""] = key.split("/");
  return podNetnsName(plan.name, namespace, name);
}
