import { familyName, type IpFamily, type IpPrefix } from "@heddle/contracts";
import type { ClusterBlock } from "./cluster-block.ts";
import { IpamError, type IpamErrorCode } from "./ipam-error.ts";

/** How many nodes, and prefixes, an error names. */
const named = 5;

/** No node prefix of the family is left in `blocks`, which are all there are. */
export function noNodePrefix(
  pool: string,
  node: string,
  family: IpFamily,
  blocks: readonly ClusterBlock[],
): IpamError {
  const operation = `allocate ${familyName(family)} prefix for`;
  const subject = `node ${node}`;
  if (blocks.length === 0) {
    const reason = `cluster pool ${pool} has no ${familyName(family)} prefix`;
    const hint = "add one";
    return new IpamError({ code: "no-prefix", operation, subject, reason, hint });
  }
  const more = blocks.length > named ? `; and ${String(blocks.length - named)} more` : "";
  return new IpamError({
    code: "exhausted",
    operation,
    subject,
    reason: `cluster pool ${pool} is exhausted: ${blocks.slice(0, named).map(describeUse).join("; ")}${more}`,
    hint: "add a prefix to the cluster pool, or release those of nodes that are gone",
  });
}

export function noNodeFamily(node: string): IpamError {
  return clusterError("no-family", "allocate prefixes for", `node ${node}`, {
    reason: "no address family was asked for",
    hint: "ask for 4, 6 or both",
  });
}

export function prefixTaken(node: string, prefix: IpPrefix, holder: string): IpamError {
  return claimError("prefix-taken", node, prefix, {
    reason: `node ${holder} has it`,
    hint: `make ${node} or ${holder} give it up`,
  });
}

export function outsideCluster(
  pool: string,
  node: string,
  prefix: IpPrefix,
  held: readonly IpPrefix[],
): IpamError {
  return claimError("outside-pool", node, prefix, {
    reason: `it is outside of cluster pool ${pool}, which has ${listOf(held)}`,
  });
}

export function wrongLength(node: string, prefix: IpPrefix, block: ClusterBlock): IpamError {
  return claimError("wrong-length", node, prefix, {
    reason: `node prefixes of ${block.prefix} have a length of ${String(block.nodeLength)}`,
  });
}

export function excludedPrefix(node: string, prefix: IpPrefix): IpamError {
  return claimError("reserved", node, prefix, { reason: "addresses of it are excluded" });
}

export function overlappingCluster(pool: string, prefix: IpPrefix, other: IpPrefix): IpamError {
  return clusterError("overlapping-prefix", "add cluster prefix", prefix, {
    reason: `cluster pool ${pool} has ${other}, which overlaps it`,
  });
}

export function unknownCluster(
  pool: string,
  operation: string,
  prefix: IpPrefix,
  held: readonly IpPrefix[],
): IpamError {
  return clusterError("unknown-prefix", operation, prefix, {
    reason: `cluster pool ${pool} has ${listOf(held)}`,
  });
}

/** @param nodes those that have the `count` parts of the prefix */
export function clusterInUse(
  operation: string,
  prefix: IpPrefix,
  count: number,
  nodes: readonly string[],
): IpamError {
  const names = nodes.slice(0, named).join(", ");
  const more = nodes.length > named ? ` and ${String(nodes.length - named)} more` : "";
  return clusterError("prefix-in-use", operation, prefix, {
    reason: `${String(count)} node prefixes of it are in use, by ${names}${more}`,
    hint: "drain the prefix that they are of, and wait until nodes have given them back",
  });
}

function describeUse(block: ClusterBlock): string {
  const { prefix, nodeLength, used, capacity, nodes } = block.usage;
  return `${prefix} has ${String(used)} of ${String(capacity)} prefixes of length ${String(nodeLength)} in use by ${String(nodes)} nodes`;
}

function listOf(prefixes: readonly IpPrefix[]): string {
  return prefixes.length === 0 ? "no prefix" : prefixes.join(", ");
}

interface Why {
  readonly reason: string;
  readonly hint?: string;
}

function claimError(code: IpamErrorCode, node: string, prefix: IpPrefix, why: Why): IpamError {
  return clusterError(code, "claim", `${prefix} for node ${node}`, why);
}

function clusterError(
  code: IpamErrorCode,
  operation: string,
  subject: string,
  why: Why,
): IpamError {
  return new IpamError({ code, operation, subject, ...why });
}
