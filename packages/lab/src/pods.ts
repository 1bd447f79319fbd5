import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AgentError, annotations, type EndpointRow } from "@heddle/agent/client";
import { type IpAddress, isIp } from "@heddle/contracts";
import { formatManifest } from "@heddle/kube-source";
import { createNetns } from "@heddle/rtnetlink";
import * as v from "valibot";
import { agentClient } from "./agents.ts";
import { type ContainerProcess, startContainers } from "./containers.ts";
import type { LabContext } from "./lab-context.ts";
import { LabError } from "./lab-error.ts";
import { processSchema, readIfThere, writeJson, writeWhole } from "./lab-folder.ts";
import type { Pod, WantedPod } from "./manifests.ts";
import { netnsPath, type NodePlan, podNetnsName } from "./plan.ts";
import { endNetns, endSessions } from "./teardown.ts";

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
  /** Empty until it has its network. */
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

/** Makes the pod's network namespace and hands the pod to its node's agent. */
export async function createPod(
  context: LabContext,
  wanted: WantedPod,
  node: NodePlan,
): Promise<PodRecord> {
  const { pod, key, origin } = wanted;
  const hostNetwork = pod.spec?.hostNetwork === true;
  const netns = netnsPath(hostNetwork ? node.netns : podNetnsOf(context, key));
  if (!hostNetwork) (await createNetns(netns))[Symbol.dispose]();
  const record: PodRecord = {
    key,
    node: node.name,
    origin,
    spec: fingerprint(pod),
    netns,
    hostNetwork,
    addresses: hostNetwork ? node.addresses.map(({ address }) => address) : [],
    containers: [],
  };
  writeRecord(context, record);
  writeWhole(objectFile(context, key), formatManifest("Pod", scheduledPod(pod, record)));
  return record;
}

/** Milliseconds that pods have to get their network. */
const patience = 30_000;

/** Milliseconds between two attempts to reach an agent. */
const interval = 50;

/**
 * Starts the containers of pods as each gets its network. Resolves when all run.
 *
 * @throws {LabError} `not-ready`, which says why a pod has no network
 */
export async function startPods(
  context: LabContext,
  records: readonly PodRecord[],
  podOf: (key: string) => Pod,
): Promise<void> {
  const start = (record: PodRecord, addresses: readonly IpAddress[]): Promise<void> =>
    startPod(context, { ...record, addresses }, podOf(record.key));
  const [onHost, connected] = partition(records, ({ hostNetwork }) => hostNetwork);
  await Promise.all([
    ...onHost.map((record) => start(record, record.addresses)),
    ...Array.from(
      Map.groupBy(connected, ({ node }) => node),
      ([node, pods]) => startWhenReady(context, node, pods, start),
    ),
  ]);
}

async function startWhenReady(
  context: LabContext,
  node: string,
  pods: readonly PodRecord[],
  start: (record: PodRecord, addresses: readonly IpAddress[]) => Promise<void>,
): Promise<void> {
  const waiting = new Map(pods.map((record) => [record.key, record]));
  const starting: Promise<void>[] = [];
  const problems = new Map<string, string>();
  for await (const row of watchUntil(AbortSignal.timeout(patience), context, node)) {
    const record = waiting.get(row.pod);
    if (record === undefined) continue;
    if (row.phase === "ready") {
      waiting.delete(row.pod);
      starting.push(start(record, row.addresses));
    } else if (row.error !== undefined) {
      problems.set(row.pod, row.error);
    }
    if (waiting.size === 0) break;
  }
  await Promise.all(starting);
  const [first] = waiting.keys();
  if (first !== undefined) throw notReady(context, node, first, problems.get(first));
}

/** The pods of a node as its agent tells of them, and as the next agent does where the first one ends. */
async function* watchUntil(
  deadline: AbortSignal,
  context: LabContext,
  node: string,
): AsyncGenerator<EndpointRow, void> {
  while (!deadline.aborted) {
    try {
      yield* agentClient(context, node).watchEndpoints(deadline);
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "not-reachable") throw error;
    }
    await delay(interval);
  }
}

async function startPod(context: LabContext, record: PodRecord, pod: Pod): Promise<void> {
  const containers = await startContainers(context, { ...record, pod });
  const running = { ...record, containers };
  writeRecord(context, running);
  writeWhole(objectFile(context, record.key), formatManifest("Pod", scheduledPod(pod, running)));
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

function partition<T>(
  items: readonly T[],
  test: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function notReady(
  { plan }: LabContext,
  node: string,
  pod: string,
  problem = "its node's agent does not answer",
): LabError {
  return new LabError({
    code: "not-ready",
    operation: "start pod",
    subject: pod,
    reason: `it has no network: ${problem}`,
    hint: `heddle lab logs ${node} --name ${plan.name}`,
  });
}
