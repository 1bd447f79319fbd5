import { LabError } from "./lab-error.ts";
import type { WantedPod } from "./manifests.ts";

/**
 * Chooses a node for each pod: the one that it names, or the one with the fewest pods, the first among
 * equals.
 *
 * @param taken how many pods each node has already, by node name, in the order of the nodes
 * @throws {LabError} `bad-manifest` for a node that does not exist
 */
export function schedule(
  pods: readonly WantedPod[],
  taken: ReadonlyMap<string, number>,
): Map<string, string> {
  const counts = new Map(taken);
  const placed = new Map<string, string>();
  for (const wanted of pods) {
    const node = wanted.pod.spec?.nodeName ?? leastTaken(counts);
    const count = counts.get(node);
    if (count === undefined) throw unknownNode(wanted, node, [...counts.keys()]);
    counts.set(node, count + 1);
    placed.set(wanted.key, node);
  }
  return placed;
}

function leastTaken(counts: ReadonlyMap<string, number>): string {
  const [first = ""] = [...counts].toSorted(([, a], [, b]) => a - b).map(([node]) => node);
  return first;
}

function unknownNode(
  { location, origin }: WantedPod,
  node: string,
  nodes: readonly string[],
): LabError {
  return new LabError({
    code: "bad-manifest",
    operation: "schedule",
    subject: `${location}: ${origin}`,
    reason: `there is no node ${JSON.stringify(node)}`,
    hint: `the lab has ${nodes.join(", ")}`,
  });
}
