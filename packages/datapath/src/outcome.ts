import type { Reason } from "./generated/bpf.ts";

/** What was done with a packet, as the ranges of `enum reason` have it. */
export type Outcome = "forwarded" | "stack" | "dropped";

const firstStack = 32;
const firstDrop = 64;

export function outcomeOf(reason: Reason): Outcome {
  if (reason < firstStack) return "forwarded";
  return reason < firstDrop ? "stack" : "dropped";
}
