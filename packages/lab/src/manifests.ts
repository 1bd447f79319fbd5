import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { toError } from "@heddle/contracts";
import {
  expandDeployment,
  formatLocation,
  formatProblem,
  type KubernetesObjects,
  type LocatedObject,
  parseManifests,
} from "@heddle/kube-source";
import { LabError } from "./lab-error.ts";
import { podNetnsName } from "./plan.ts";

export type Pod = KubernetesObjects["Pod"];
export type Namespace = KubernetesObjects["Namespace"];

/** A pod that a file asks for. */
export interface WantedPod {
  /** `NAMESPACE/NAME`. */
  readonly key: string;
  readonly pod: Pod;
  /** What stands in the file: `Pod default/web`, or the Deployment that the pod is one of. */
  readonly origin: string;
  /** Where that stands: `FILE:LINE:COLUMN`. */
  readonly location: string;
}

/** What files ask for. */
export interface Wanted {
  readonly pods: readonly WantedPod[];
  readonly namespaces: readonly Namespace[];
  /** Every Pod and Deployment, also one of no replicas. */
  readonly origins: readonly string[];
}

const accepted = ["Pod", "Deployment", "Namespace"] as const;

/**
 * Reads files, and the manifests in folders.
 *
 * @throws {LabError} `bad-manifest`, which lists every problem with file and line
 */
export function readManifests(paths: readonly string[]): Wanted {
  const problems: string[] = [];
  const objects = paths.flatMap(manifestFiles).flatMap((file) => {
    const manifests = parseManifests(readText(file), { file, accepted, consumer: "the lab" });
    problems.push(...manifests.problems.map(formatProblem));
    return manifests.objects;
  });
  const pods = objects.flatMap((object) => {
    if (object.kind === "Pod") return [wantedPod(object, object.object, `Pod ${object.key}`)];
    if (object.kind !== "Deployment") return [];
    return expandDeployment(object.object).map((pod) =>
      wantedPod(object, pod, `Deployment ${object.key}`),
    );
  });
  problems.push(...pods.flatMap(unrunnable), ...duplicates(pods));
  if (problems.length > 0) throw badManifests(problems);
  return {
    pods,
    namespaces: objects.flatMap((object) => (object.kind === "Namespace" ? [object.object] : [])),
    origins: objects
      .filter(({ kind }) => kind !== "Namespace")
      .map(({ kind, key }) => `${kind} ${key}`),
  };
}

function wantedPod(
  { location }: LocatedObject<(typeof accepted)[number]>,
  pod: Pod,
  origin: string,
): WantedPod {
  const { namespace = "default", name = "" } = pod.metadata ?? {};
  return { key: `${namespace}/${name}`, pod, origin, location: formatLocation(location) };
}

/** What a pod asks for that cannot be had here: programs run from this machine's files, and nothing is mounted. */
function unrunnable({ key, pod, location, origin }: WantedPod): string[] {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const problem = (reason: string, hint: string) => `${location}: ${origin}: ${reason} (${hint})`;
  const reasons = containers.flatMap(({ name, command, args, env = [], volumeMounts = [] }) => {
    const own: string[] = [];
    if (command === undefined && args !== undefined) {
      const hint = "name the program in `command`, or leave out `args` for the built-in server";
      own.push(problem(`container ${name} has args but no command; images are not run`, hint));
    }
    if (volumeMounts.length > 0) {
      const hint = "leave out volumeMounts; the program sees this machine's files";
      own.push(problem(`container ${name} mounts volumes, which the lab has none of`, hint));
    }
    const reference = env.find(
      ({ valueFrom }) => valueFrom !== undefined && valueFrom.fieldRef === undefined,
    );
    if (reference !== undefined) {
      const hint = "give it a value, or a fieldRef";
      own.push(problem(`the lab has nothing that ${reference.name} could come from`, hint));
    }
    return own;
  });
  if (key.length > longestKey) {
    const limit = `namespace and name have ${String(longestKey)} characters at most here`;
    reasons.push(problem(`pod ${key.slice(0, 40)}... has too long a name`, limit));
  }
  if (initContainers.length > 0) {
    reasons.push(problem("the lab runs no initContainers", "leave them out"));
  }
  return reasons;
}

/** The network namespace of a pod is a file with its name, and has the lab's name too. */
const longestKey = 255 - podNetnsName("x".repeat(24), "", "").length + "/".length;

/** Pods of one Deployment never have one name, so it takes two objects. */
function duplicates(pods: readonly WantedPod[]): string[] {
  const seen = new Map<string, WantedPod>();
  return pods.flatMap((pod) => {
    const first = seen.get(pod.key);
    seen.set(pod.key, first ?? pod);
    if (first === undefined) return [];
    return [`${pod.location}: ${pod.origin}: pod ${pod.key} stands at ${first.location} too`];
  });
}

function manifestFiles(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name))
      .toSorted()
      .map((name) => join(path, name));
  } catch (error) {
    throw badManifests([`${path}: ${toError(error).message}`], error);
  }
}

function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : toError(error).message;
    throw badManifests([`${file}: ${reason}`], error);
  }
}

function badManifests(problems: readonly string[], cause?: unknown): LabError {
  return new LabError({
    code: "bad-manifest",
    operation: "read",
    subject: "manifests",
    reason: problems.join("\n"),
    cause,
  });
}
