import { type IpPrefix, prefixesOverlap, prefixLength } from "@heddle/contracts";
import { checkLength } from "../cluster-block.ts";
import type { ClusterPrefix } from "../cluster-pool.ts";
import { clusterInUse, overlappingCluster, unknownCluster } from "../cluster-refusals.ts";
import type { NodeBlock, SharedConfig, SharedPrefix } from "./shared-records.ts";

/** The prefix of the configuration that a node prefix is a part of. */
export function entryOf(config: SharedConfig, part: IpPrefix): SharedPrefix | undefined {
  const entry = config.prefixes.find(({ prefix }) => prefixesOverlap(prefix, part));
  return entry?.nodeLength === prefixLength(part) ? entry : undefined;
}

/** @throws {IpamError} */
export function withPrefix(
  pool: string,
  config: SharedConfig,
  added: ClusterPrefix,
  blocks: readonly NodeBlock[],
): SharedConfig {
  const { prefix, nodeLength } = added;
  checkLength(prefix, nodeLength);
  const other = config.prefixes.find((held) => prefixesOverlap(held.prefix, prefix));
  const isBack = other?.prefix === prefix && other.nodeLength === nodeLength && other.draining;
  if (other !== undefined && !isBack) throw overlappingCluster(pool, prefix, other.prefix);
  // Left over from a time when the pool had another prefix here.
  const odd = partsOf(prefix, blocks).filter((block) => prefixLength(block.prefix) !== nodeLength);
  if (odd.length > 0) throw inUse("add cluster prefix", prefix, odd);
  const rest = config.prefixes.filter((held) => held !== other);
  return { ...config, prefixes: [...rest, { prefix, nodeLength, draining: false }] };
}

/** @throws {IpamError} */
export function withDraining(
  pool: string,
  config: SharedConfig,
  prefix: IpPrefix,
  operation: string,
): SharedConfig {
  checkKnown(pool, config, prefix, operation);
  return {
    ...config,
    prefixes: config.prefixes.map((held) =>
      held.prefix === prefix ? { prefix, nodeLength: held.nodeLength, draining: true } : held,
    ),
  };
}

/** @throws {IpamError} */
export function withoutPrefix(
  pool: string,
  config: SharedConfig,
  prefix: IpPrefix,
  blocks: readonly NodeBlock[],
): SharedConfig {
  const operation = "remove cluster prefix";
  checkKnown(pool, config, prefix, operation);
  const parts = partsOf(prefix, blocks);
  if (parts.length > 0) throw inUse(operation, prefix, parts);
  return { ...config, prefixes: config.prefixes.filter((held) => held.prefix !== prefix) };
}

function checkKnown(pool: string, config: SharedConfig, prefix: IpPrefix, operation: string): void {
  if (config.prefixes.some((held) => held.prefix === prefix)) return;
  const held = config.prefixes.map((entry) => entry.prefix);
  throw unknownCluster(pool, operation, prefix, held);
}

function partsOf(prefix: IpPrefix, blocks: readonly NodeBlock[]): readonly NodeBlock[] {
  return blocks.filter((block) => prefixesOverlap(block.prefix, prefix));
}

function inUse(operation: string, prefix: IpPrefix, parts: readonly NodeBlock[]) {
  const nodes = [...new Set(parts.map(({ node }) => node))];
  return clusterInUse(operation, prefix, parts.length, nodes);
}
