import type { ConnectionReader, Counters, Fill, SourceNatCounters } from "@heddle/conntrack";
import { formatFacts } from "../facts.ts";
import { formatTable } from "../table.ts";

/** What a table of connections has counted since it was made, and how full it is. */
export interface Stats extends Fill, Counters, SourceNatCounters {}

export function readStats(
  reader: Pick<ConnectionReader, "fill" | "counters" | "sourceNatCounters">,
): Stats {
  return { ...reader.fill(), ...reader.counters(), ...reader.sourceNatCounters() };
}

/** The kinds of outcomes that have reasons. */
const outcomes = ["stray", "invalid", "untracked", "refused"] as const;

/** The stats as a few facts, a table of what became of packets, and one of why connections left. */
export function formatStats(stats: Stats): string {
  const { connections, limit, ceiling, created, tracked, removed } = stats;
  const { translated, leaks, uncounted } = stats;
  const facts = formatFacts([
    ["Connections", `${String(connections)} of ${String(limit)}, ${percentOf(connections, limit)}`],
    ["Limit", `${String(limit)}; the table is made for ${String(ceiling)}`],
    ["Created", String(created)],
    ["Translated", `${String(translated)} of the connections leave with another source`],
    ["Not counted", `the ports of ${String(uncounted)} connections, to too many destinations`],
    ["Leaks stopped", `${String(leaks)} packets that had no connection to be translated by`],
  ]);
  const packets = [
    { outcome: "tracked", reason: undefined, count: tracked },
    ...outcomes.flatMap((outcome) =>
      Object.entries(stats[outcome]).map(([reason, count]) => ({ outcome, reason, count })),
    ),
  ];
  const ofPackets = formatTable(packets, {
    outcome: ({ outcome }) => outcome,
    reason: ({ reason }) => reason,
    packets: ({ count }) => count,
  });
  const ofRemovals = formatTable(Object.entries(removed), {
    removed: ([reason]) => reason,
    connections: ([, count]) => count,
  });
  return [facts, ofPackets, ofRemovals].join("\n\n");
}

function percentOf(part: number, whole: number): string {
  return `${((part / Math.max(whole, 1)) * 100).toFixed(1)} %`;
}
