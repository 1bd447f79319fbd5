import type { AgentClient, AgentStatus, EndpointRow } from "@heddle/agent/client";
import type { HealthLevel } from "@heddle/contracts";
import { formatCounts, formatFacts } from "./facts.ts";
import type { Colour, Paint } from "./paint.ts";
import { formatTable } from "./table.ts";

type Phase = EndpointRow["phase"];

/** What `heddle status` shows. */
export interface NodeStatus extends AgentStatus {
  /** How many pods are in each phase. */
  readonly endpoints: Readonly<Record<Phase, number>>;
  /** How many events were lost since the agent started, by kind; undefined before it is ready. */
  readonly lostEvents: Readonly<Record<string, number>> | undefined;
}

/** Asks the agent for all of it. */
export async function readStatus(agent: AgentClient): Promise<NodeStatus> {
  const status = await agent.status();
  const endpoints = await agent.endpoints();
  const lostEvents = status.ready ? await agent.lostEvents() : undefined;
  return { ...status, endpoints: countPhases(endpoints), lostEvents };
}

/** Whether the agent is ready and does all its work. */
export function isWell({ ready, health }: AgentStatus): boolean {
  return ready && health !== "degraded" && health !== "failed";
}

/** The status as a few facts and a table of the agent's parts. */
export function formatStatus(status: NodeStatus, paint: Paint): string {
  const { node, version, pid, ready, endpoints, lostEvents, parts } = status;
  const facts = [
    ["Node", node],
    ["Version", version],
    ["Process", String(pid)],
    ["Ready", ready ? "yes" : "no"],
    ["Endpoints", formatCounts(endpoints)],
    ["Lost events", lostEvents === undefined ? "-" : formatCounts(lostEvents)],
  ] as const;
  const table = formatTable(Object.entries(parts), {
    part: ([name]) => name,
    level: ([, { level }]) => paint(levelColours[level], level),
    message: ([, { message }]) => message,
  });
  return `${formatFacts(facts)}\n\n${table}`;
}

const levelColours: Readonly<Record<HealthLevel, Colour>> = {
  ok: "green",
  starting: "cyan",
  degraded: "yellow",
  failed: "red",
};

function countPhases(rows: readonly EndpointRow[]): Readonly<Record<Phase, number>> {
  const counts = { ready: 0, pending: 0, failed: 0 };
  for (const { phase } of rows) counts[phase]++;
  return counts;
}
