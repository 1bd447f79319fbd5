import { agentOptions } from "@heddle/agent/options";
import { ipFamilies, type IpFamily } from "@heddle/contracts";
import type { LabOptions } from "../../index.ts";
import type { Pair } from "./ends.ts";

/** How nodes reach one another's pods. */
type Routing = "direct" | "geneve";

/** A row of the matrix's modes: how a lab is brought up, and what its pods' packets lose on their way. */
export interface Mode {
  readonly name: string;
  readonly options: Partial<LabOptions> & { readonly routing?: Routing };
  /** Bytes that each packet between nodes has more, so that pods have so much less. */
  readonly overhead: number;
}

/** Outer Ethernet, IP, UDP and Geneve headers, without options (RFC 8926). */
const geneveOverhead: Readonly<Record<IpFamily, number>> = {
  4: 14 + 20 + 8 + 8,
  6: 14 + 40 + 8 + 8,
};

export const modes: readonly Mode[] = [
  { name: "direct", options: {}, overhead: 0 },
  { name: "direct over IPv6", options: { underlay: [6] }, overhead: 0 },
  {
    name: "geneve over IPv4",
    options: { routing: "geneve", underlay: [4] },
    overhead: geneveOverhead[4],
  },
  {
    name: "geneve over IPv6",
    options: { routing: "geneve", underlay: [6] },
    overhead: geneveOverhead[6],
  },
];

/** Whether a way leads out of the cluster, or into it. */
export function isOutward({ from, to }: Pair): boolean {
  return [from, to].includes("outside");
}

/** What is missing for a mode, or for a way of a family in it, by name; undefined when nothing is. */
export function missingFeature(
  { options }: Mode,
  way?: { readonly pair: Pair; readonly family: IpFamily },
): string | undefined {
  if (options.routing !== "geneve") return undefined;
  if (!("routing" in agentOptions)) return "the agent's option routing";
  if (way === undefined || !isOutward(way.pair)) return undefined;
  if (!("masquerade" in agentOptions)) return "NAT: the agent's option masquerade";
  // IPv4 may go by IPv6 gateways, but not the other way round.
  const { underlay = ipFamilies } = options;
  return way.family === 6 && !underlay.includes(6) ? "a network with IPv6" : undefined;
}
