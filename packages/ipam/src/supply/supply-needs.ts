import { familyName, type IpFamily, type IpPrefix } from "@heddle/contracts";
import type { PrefixUsage } from "../block.ts";
import { neededAddresses } from "./needed-addresses.ts";

/** What a node has of a family, and what it is to have. */
export interface FamilyNeeds {
  readonly family: IpFamily;
  /** Addresses that have an owner or cool down. */
  readonly inUse: number;
  readonly capacity: bigint;
  readonly needed: number;
  /** How many it may have before something is given back: a step more than it needs, so that it does not go to and fro. */
  readonly spare: number;
  readonly prefixes: readonly PrefixUsage[];
}

/** Prefixes that are drained count for nothing. */
export function needsOf(
  family: IpFamily,
  usage: readonly PrefixUsage[],
  pending: number,
  preAllocate: number,
): FamilyNeeds {
  const prefixes = usage.filter((one) => one.family === family && !one.draining);
  const inUse = prefixes.reduce((sum, { used, cooling }) => sum + used + cooling, 0);
  const capacity = prefixes.reduce((sum, one) => sum + one.capacity, 0n);
  return {
    family,
    inUse,
    capacity,
    needed: neededAddresses(inUse, pending, preAllocate),
    spare: neededAddresses(inUse + preAllocate, pending, preAllocate),
    prefixes,
  };
}

export function isShort({ capacity, needed }: FamilyNeeds): boolean {
  return capacity < needed;
}

/** The latest prefix that is empty, when there is enough without it. */
export function superfluous({ prefixes, capacity, spare }: FamilyNeeds): IpPrefix | undefined {
  const empty = prefixes.findLast(isEmpty);
  return empty !== undefined && capacity - empty.capacity >= spare ? empty.prefix : undefined;
}

function isEmpty({ used, cooling }: PrefixUsage): boolean {
  return used === 0 && cooling === 0;
}

export function describeNeeds({ family, inUse, needed, capacity, prefixes }: FamilyNeeds): string {
  const count = `${String(prefixes.length)} ${prefixes.length === 1 ? "prefix" : "prefixes"}`;
  return `${familyName(family)}: ${count} with ${String(capacity)} addresses, ${String(needed)} needed, ${String(inUse)} in use`;
}
