import { join } from "node:path";
import { formatManifest } from "@heddle/kube-source";
import type { LabContext } from "./lab-context.ts";
import { LabError } from "./lab-error.ts";
import { writeWhole } from "./lab-folder.ts";
import type { Namespace, Pod, Wanted, WantedPod } from "./manifests.ts";
import { createPod, fingerprint, type PodRecord, podRecords, removePod } from "./pods.ts";
import { schedule } from "./schedule.ts";
import { startPods } from "./starting.ts";

/** What became of the pods that were asked for. */
export interface Applied {
  readonly created: readonly string[];
  /** Pods that were there and that an earlier attempt had not started. */
  readonly started: readonly string[];
  readonly unchanged: readonly string[];
  /** Pods of a Deployment that it has no more. */
  readonly removed: readonly string[];
}

/**
 * Makes the lab have what is wanted; pods that nobody mentions stay. Nothing is changed unless all of it
 * can be.
 *
 * @param untilReady resolves when the agents can be handed pods; namespaces are made meanwhile
 * @throws {LabError} `bad-manifest` for a pod that runs already with another spec, or on an unknown node
 */
export async function applyWanted(
  context: LabContext,
  wanted: Wanted,
  untilReady: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Applied> {
  const records = podRecords(context);
  const { unchanged, unstarted, moved, fresh } = compare(wanted, records);
  const stale = noLongerWanted(wanted, records);
  const places = schedule([...fresh, ...moved], countPods(context, records));
  for (const { key } of unstarted) places.set(key, records.get(key)?.node ?? "");

  for (const namespace of wanted.namespaces) writeNamespace(context, namespace);
  const outdated = moved.flatMap(({ key }) => records.get(key) ?? []);
  await Promise.all([...stale, ...outdated].map((record) => removePod(context, record)));
  const toStart = [...fresh, ...moved, ...unstarted];
  const [created] = await Promise.all([createAll(context, toStart, places), untilReady()]);
  const pods = new Map(toStart.map(({ key, pod }) => [key, pod]));
  await startPods(context, created, (key) => pods.get(key) ?? {});
  return {
    created: keysOf(fresh),
    started: keysOf([...unstarted, ...moved]),
    unchanged: keysOf(unchanged),
    removed: keysOf(stale),
  };
}

/** What is wanted beside what is there. */
interface Comparison {
  /** Pods that have been started. */
  readonly unchanged: readonly WantedPod[];
  /** Pods that an earlier attempt has not started, whatever they are to be by now. */
  readonly unstarted: readonly WantedPod[];
  /** Those of them that belong to another network namespace by now. */
  readonly moved: readonly WantedPod[];
  readonly fresh: readonly WantedPod[];
}

/** @throws {LabError} `bad-manifest`: a running pod cannot be another one, as in Kubernetes */
function compare({ pods }: Wanted, records: ReadonlyMap<string, PodRecord>): Comparison {
  const stateOf = ({ key, pod }: WantedPod): keyof Comparison | "refused" => {
    const record = records.get(key);
    if (record === undefined) return "fresh";
    if (record.containers.length === 0) return staysPut(record, pod) ? "unstarted" : "moved";
    return record.spec === fingerprint(pod) ? "unchanged" : "refused";
  };
  const { refused = [], ...states } = Object.groupBy(pods, stateOf);
  const [first] = refused;
  if (first === undefined) {
    return { unchanged: [], unstarted: [], moved: [], fresh: [], ...states };
  }
  throw new LabError({
    code: "bad-manifest",
    operation: "apply",
    subject: `${first.location}: ${first.origin}`,
    reason: "it runs already with another spec",
    hint: "heddle lab delete -f takes it away first",
  });
}

function keysOf(items: readonly { readonly key: string }[]): readonly string[] {
  return items.map(({ key }) => key);
}

/** Takes away the pods that files ask for, with all pods of the Deployments in them. */
export async function removeWanted(
  context: LabContext,
  wanted: Wanted,
): Promise<readonly string[]> {
  const origins = new Set(wanted.origins);
  const records = [...podRecords(context).values()].filter(({ origin }) => origins.has(origin));
  await Promise.all(records.map((record) => removePod(context, record)));
  return records.map(({ key }) => key);
}

async function createAll(
  context: LabContext,
  pods: readonly WantedPod[],
  places: ReadonlyMap<string, string>,
): Promise<readonly PodRecord[]> {
  const creations = context.plan.nodes.flatMap((node) =>
    pods
      .filter(({ key }) => places.get(key) === node.name)
      .map((wanted) => createPod(context, wanted, node)),
  );
  return Promise.all(creations);
}

function staysPut({ node, hostNetwork }: PodRecord, { spec }: Pod): boolean {
  return (spec?.nodeName ?? node) === node && (spec?.hostNetwork === true) === hostNetwork;
}

function noLongerWanted(
  wanted: Wanted,
  records: ReadonlyMap<string, PodRecord>,
): readonly PodRecord[] {
  const keys = new Set(wanted.pods.map(({ key }) => key));
  const deployments = new Set(wanted.origins.filter((origin) => origin.startsWith("Deployment ")));
  return [...records.values()].filter(
    ({ key, origin }) => deployments.has(origin) && !keys.has(key),
  );
}

function countPods(
  { plan }: LabContext,
  records: ReadonlyMap<string, PodRecord>,
): ReadonlyMap<string, number> {
  const counts = new Map(plan.nodes.map(({ name }) => [name, 0]));
  for (const { node } of records.values()) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

function writeNamespace({ folder }: LabContext, namespace: Namespace): void {
  const file = `namespace-${namespace.metadata?.name ?? ""}.yaml`;
  writeWhole(join(folder.objects, file), formatManifest("Namespace", namespace));
}
