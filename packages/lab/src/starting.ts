import { setTimeout as delay } from "node:timers/promises";
import { AgentError, type EndpointRow } from "@heddle/agent/client";
import { type IpAddress, toError } from "@heddle/contracts";
import { agentClient } from "./agents.ts";
import { startContainers } from "./containers.ts";
import type { LabContext } from "./lab-context.ts";
import { LabError } from "./lab-error.ts";
import type { Pod } from "./manifests.ts";
import { type PodRecord, writeRunning } from "./pods.ts";

/** Milliseconds between two attempts to reach an agent. */
const interval = 50;

/** Starts a pod that has its addresses, and gives the error with which that failed. */
type Start = (record: PodRecord, addresses: readonly IpAddress[]) => Promise<Error | undefined>;

/**
 * Starts the containers of pods as each gets its network. Each is started if it can be, whatever becomes of
 * the others.
 *
 * @throws {LabError} for the first pod that does not run: `not-ready`, which says why it has no network, or
 * `process-failed`
 */
export async function startPods(
  context: LabContext,
  records: readonly PodRecord[],
  podOf: (key: string) => Pod,
): Promise<void> {
  const start: Start = async (record, addresses) => {
    try {
      const pod = podOf(record.key);
      const containers = await startContainers(context, { ...record, addresses, pod });
      writeRunning(context, { ...record, addresses, containers }, pod);
      return undefined;
    } catch (error) {
      return toError(error);
    }
  };
  const onHost = records.filter(({ hostNetwork }) => hostNetwork);
  const connected = records.filter(({ hostNetwork }) => !hostNetwork);
  const errors = await Promise.all([
    ...onHost.map((record) => start(record, record.addresses)),
    ...Array.from(
      Map.groupBy(connected, ({ node }) => node),
      ([node, pods]) => startWhenReady(context, node, pods, start),
    ),
  ]);
  const first = errors.find((error) => error !== undefined);
  if (first !== undefined) throw first;
}

/** Gives the first error. */
async function startWhenReady(
  context: LabContext,
  node: string,
  pods: readonly PodRecord[],
  start: Start,
): Promise<Error | undefined> {
  const waiting = new Map(pods.map((record) => [record.key, record]));
  const starting: Promise<Error | undefined>[] = [];
  const problems = new Map<string, string>();
  for await (const row of watchUntil(AbortSignal.timeout(context.plan.patience), context, node)) {
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
  const errors = await Promise.all(starting);
  const [first] = waiting.keys();
  if (first !== undefined) return notReady(context, node, first, problems.get(first));
  return errors.find((error) => error !== undefined);
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
