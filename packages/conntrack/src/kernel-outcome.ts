import type { Removal } from "./connection-table.ts";
import { Outcome as KernelOutcome, Removal as KernelRemoval } from "./generated/bpf.ts";
import type { Invalid, Refused, Stray, Untracked } from "./outcome.ts";

/** What an outcome's number says. The tuples and states of `tracked` are in the table, not in a number. */
export type OutcomeKind =
  | { readonly outcome: "tracked"; readonly isNew: boolean; readonly related: boolean }
  | Stray
  | Invalid
  | Untracked
  | Pick<Refused, "outcome" | "reason">;

const kinds: ReadonlyMap<number, OutcomeKind> = new Map<number, OutcomeKind>([
  [KernelOutcome.tracked, { outcome: "tracked", isNew: false, related: false }],
  [KernelOutcome.created, { outcome: "tracked", isNew: true, related: false }],
  [KernelOutcome.related, { outcome: "tracked", isNew: false, related: true }],
  [KernelOutcome.noConnection, { outcome: "stray", reason: "no-connection" }],
  [KernelOutcome.quotesUnknown, { outcome: "stray", reason: "quotes-unknown" }],
  [KernelOutcome.unknownFragment, { outcome: "stray", reason: "unknown-fragment" }],
  [KernelOutcome.malformed, { outcome: "invalid", reason: "malformed" }],
  [KernelOutcome.truncated, { outcome: "invalid", reason: "truncated" }],
  [KernelOutcome.impossibleSignal, { outcome: "invalid", reason: "impossible-signal" }],
  [KernelOutcome.quotesError, { outcome: "invalid", reason: "quotes-error" }],
  [KernelOutcome.quotesStranger, { outcome: "invalid", reason: "quotes-stranger" }],
  [KernelOutcome.overlappingFragment, { outcome: "invalid", reason: "overlapping-fragment" }],
  [KernelOutcome.wrongDirection, { outcome: "invalid", reason: "wrong-direction" }],
  [KernelOutcome.headerChain, { outcome: "invalid", reason: "header-chain" }],
  [KernelOutcome.notIp, { outcome: "untracked", reason: "not-ip" }],
  [KernelOutcome.notOfConnection, { outcome: "untracked", reason: "not-of-connection" }],
  [KernelOutcome.tableFull, { outcome: "refused", reason: "table-full" }],
  [KernelOutcome.tupleInUse, { outcome: "refused", reason: "tuple-in-use" }],
  [KernelOutcome.portsExhausted, { outcome: "refused", reason: "ports-exhausted" }],
]);

const removals: ReadonlyMap<number, Removal> = new Map<number, Removal>([
  [KernelRemoval.expired, "expired"],
  [KernelRemoval.evictedClosing, "evicted-closing"],
  [KernelRemoval.evictedHalfOpen, "evicted-half-open"],
  [KernelRemoval.flushed, "flushed"],
  [KernelRemoval.replaced, "replaced"],
]);

/** What the outcome's number says; undefined for one that a later release added. */
export function outcomeOfNumber(number: number): OutcomeKind | undefined {
  return kinds.get(number);
}

/** Why a connection left; undefined for a number that a later release added. */
export function removalOfNumber(number: number): Removal | undefined {
  return removals.get(number);
}

/** All outcomes and removals that have a number. */
export const outcomeNumbers: Iterable<readonly [number, OutcomeKind]> = kinds;
export const removalNumbers: Iterable<readonly [number, Removal]> = removals;
