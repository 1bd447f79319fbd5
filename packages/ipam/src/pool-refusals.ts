import type { IpAddress } from "@heddle/contracts";
import { IpamError } from "./ipam-error.ts";

export function unknownPool(pool: string, known: readonly string[]): IpamError {
  return poolError("unknown-pool", "find pool", pool, `there are ${listOf(known)}`);
}

export function noPool(defaultPool: string, known: readonly string[]): IpamError {
  const reason = `no selector of ${listOf(known)} matches, and there is no pool ${defaultPool}`;
  const hint = "ask for a pool by name, or add the default one";
  return poolError("no-pool", "choose pool for", "an owner that asks for none", reason, hint);
}

export function duplicatePool(pool: string): IpamError {
  return poolError("duplicate-pool", "add pool", pool, "there is one of this name");
}

export function poolInUse(pool: string, owners: ReadonlySet<string>): IpamError {
  const names = [...owners].slice(0, 5);
  const more = owners.size - names.length;
  const others = more > 0 ? ` and ${String(more)} more` : "";
  const reason = `${String(owners.size)} owners have addresses of it, ${names.join(", ")}${others}`;
  return poolError("pool-in-use", "remove pool", pool, reason, "release them first");
}

export function outsidePools(
  owner: string,
  address: IpAddress,
  pools: readonly string[],
): IpamError {
  const reason = `it is of none of the pools ${listOf(pools)}`;
  return poolError("outside-pool", "claim", `${address} for ${owner}`, reason);
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}

function poolError(
  code: "unknown-pool" | "no-pool" | "duplicate-pool" | "pool-in-use" | "outside-pool",
  operation: string,
  subject: string,
  reason: string,
  hint?: string,
): IpamError {
  return new IpamError({ code, operation, subject, reason, hint });
}
