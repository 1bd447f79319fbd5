import { familyName, type IpAddress, type IpFamily, type IpPrefix } from "@heddle/contracts";
import type { Block } from "./block.ts";
import type { CoolingAddress } from "./cooling.ts";
import { IpamError } from "./ipam-error.ts";
import type { Slots } from "./slots.ts";

/** How many owners an error names. */
const namedOwners = 5;
/** How many prefixes an error describes one by one. */
const namedPrefixes = 4;

export function badCoolDown(pool: string, coolDown: number): IpamError {
  return new IpamError({
    code: "invalid-option",
    operation: "create pool",
    subject: pool,
    reason: `coolDown is ${String(coolDown)}, not 0 or more milliseconds`,
  });
}

export function noFamily(owner: string): IpamError {
  return new IpamError({
    code: "no-family",
    operation: "allocate addresses for",
    subject: owner,
    reason: "no address family was asked for",
    hint: "ask for 4, 6 or both",
  });
}

/** No address of the family is left in `blocks`, which are all there are. */
export function noAddress(
  pool: string,
  owner: string,
  family: IpFamily,
  blocks: readonly Block[],
): IpamError {
  const operation = `allocate ${familyName(family)} address for`;
  if (blocks.length === 0) {
    const reason = `pool ${pool} has no ${familyName(family)} prefix`;
    return new IpamError({ code: "no-prefix", operation, subject: owner, reason });
  }
  return new IpamError({
    code: "exhausted",
    operation,
    subject: owner,
    reason: `pool ${pool} is exhausted: ${describeAll(blocks)}`,
    hint: "release addresses or add a prefix",
  });
}

export function addressTaken(owner: string, address: IpAddress, holder: string): IpamError {
  return claimError("address-taken", owner, address, `it belongs to ${holder}`);
}

export function outsidePool(
  pool: string,
  owner: string,
  address: IpAddress,
  prefixes: readonly IpPrefix[],
): IpamError {
  const inside = prefixes.length === 0 ? "no prefix" : prefixes.join(", ");
  const reason = `it is outside of pool ${pool}, which has ${inside}`;
  return claimError("outside-pool", owner, address, reason);
}

export function drainingPrefix(owner: string, address: IpAddress, prefix: IpPrefix): IpamError {
  return claimError("draining-prefix", owner, address, `${prefix} is being drained`);
}

export function addressReserved(owner: string, address: IpAddress, reason: string): IpamError {
  return claimError("reserved", owner, address, reason);
}

export function stillCooling(owner: string, address: CoolingAddress, now: number): IpamError {
  const wait = String(Math.ceil(address.until - now));
  const reason = `${address.owner} had it until a moment ago; others can have it in ${wait} ms`;
  return claimError("cooling-down", owner, address.address, reason);
}

export function secondAddress(owner: string, address: IpAddress, first: IpAddress): IpamError {
  const reason = `${owner} has ${first}, and an owner has one address of a family`;
  return claimError("second-address", owner, address, reason);
}

export function overlappingPrefix(pool: string, prefix: IpPrefix, other: Block): IpamError {
  const { name } = other.holder;
  const reason = `pool ${name} has ${other.prefix}, which overlaps it`;
  const operation = name === pool ? "add prefix" : `add prefix to pool ${pool}:`;
  return prefixError("overlapping-prefix", operation, prefix, reason);
}

export function unknownPrefix(
  pool: string,
  operation: string,
  prefix: IpPrefix,
  prefixes: readonly IpPrefix[],
): IpamError {
  const held = prefixes.length === 0 ? "no prefix" : prefixes.join(", ");
  return prefixError("unknown-prefix", operation, prefix, `pool ${pool} has ${held}`);
}

export function prefixInUse(prefix: IpPrefix, slots: Slots): IpamError {
  const names = slots.owners().take(namedOwners).toArray();
  const more = slots.used - names.length;
  const others = more > 0 ? ` and ${String(more)} more` : "";
  return prefixError(
    "prefix-in-use",
    "remove prefix",
    prefix,
    `${String(slots.used)} of its addresses are in use, by ${names.join(", ")}${others}`,
  );
}

/** The use of all, and of the first few each. */
function describeAll(blocks: readonly Block[]): string {
  const shown = blocks.slice(0, namedPrefixes).map(describeUse).join("; ");
  const rest = blocks.slice(namedPrefixes).map(({ usage }) => usage);
  if (rest.length === 0) return shown;
  const used = rest.reduce((sum, one) => sum + one.used, 0);
  const capacity = rest.reduce((sum, one) => sum + one.capacity, 0n);
  return `${shown}; and ${String(rest.length)} more prefixes have ${String(used)} of ${String(capacity)} in use`;
}

function describeUse(block: Block): string {
  const { prefix, used, capacity, cooling } = block.usage;
  return `${prefix} has ${String(used)} of ${String(capacity)} addresses in use and ${String(cooling)} cooling down`;
}

function claimError(
  code:
    | "address-taken"
    | "outside-pool"
    | "draining-prefix"
    | "reserved"
    | "cooling-down"
    | "second-address",
  owner: string,
  address: IpAddress,
  reason: string,
): IpamError {
  return new IpamError({ code, operation: "claim", subject: `${address} for ${owner}`, reason });
}

function prefixError(
  code: "overlapping-prefix" | "unknown-prefix" | "prefix-in-use",
  operation: string,
  prefix: IpPrefix,
  reason: string,
): IpamError {
  return new IpamError({ code, operation, subject: prefix, reason });
}
