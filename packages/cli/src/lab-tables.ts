import type { Applied, LabImpairment, LabNodeStatus, LabPodStatus } from "@heddle/lab";
import { formatTable } from "./table.ts";

/** Whether the node's agent is ready and well, and all of its pods have been started. */
export function isWell({ ready, health, pending }: LabNodeStatus): boolean {
  return ready && health === "ok" && pending === 0;
}

export function formatNodes(nodes: readonly LabNodeStatus[]): string {
  return formatTable(nodes, {
    node: ({ name }) => name,
    agent: stateOfAgent,
    health: ({ health }) => health,
    pid: ({ agentPid }) => agentPid,
    pods: ({ pods, pending }) =>
      pending === 0 ? pods : `${String(pods)}, ${String(pending)} pending`,
    addresses: ({ addresses }) => addresses.join(","),
    "pod prefixes": ({ podPrefixes }) => podPrefixes.join(","),
  });
}

function stateOfAgent({ agentPid, ready, health }: LabNodeStatus): string {
  if (agentPid === undefined) return "stopped";
  if (health === undefined) return "silent";
  return ready ? "ready" : "starting";
}

export function formatPods(pods: readonly LabPodStatus[]): string {
  return formatTable(pods, {
    namespace: ({ namespace }) => namespace,
    name: ({ name }) => name,
    phase: ({ phase }) => phase,
    node: ({ node }) => node,
    addresses: ({ addresses }) => addresses.join(","),
  });
}

export function formatApplied({ created, started, unchanged, removed }: Applied): string {
  const lines = [
    ...created.map((pod) => `pod ${pod} created`),
    ...started.map((pod) => `pod ${pod} started`),
    ...unchanged.map((pod) => `pod ${pod} unchanged`),
    ...removed.map((pod) => `pod ${pod} deleted`),
  ];
  return lines.length === 0 ? "nothing to do" : lines.join("\n");
}

/** Without the digits that a multiplication adds. */
function formatShare(share: number): string {
  return share === 0 ? "" : `${String(Number((share * 100).toFixed(6)))}%`;
}

function formatTime(time: number): string {
  return time === 0 ? "" : `${String(time)}ms`;
}

export function formatImpairments(impairments: readonly LabImpairment[]): string {
  if (impairments.length === 0) return "nothing is impaired";
  return formatTable(impairments, {
    link: ({ link }) => link,
    direction: ({ direction }) => direction,
    loss: ({ loss }) => formatShare(loss),
    duplicate: ({ duplicate }) => formatShare(duplicate),
    reorder: ({ reorder }) => formatShare(reorder),
    delay: ({ delay }) => formatTime(delay),
    seed: ({ seed }) => seed,
    packets: ({ packets }) => packets,
    lost: ({ lost }) => lost,
    duplicated: ({ duplicated }) => duplicated,
    reordered: ({ reordered }) => reordered,
    overflowed: ({ overflowed }) => overflowed,
  });
}
