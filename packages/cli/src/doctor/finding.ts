import type { Machine } from "./machine.ts";

/** What a check found: all is well, or what is not, why that matters, and the exact fix. */
export type Finding =
  | { readonly level: "ok"; readonly reason: string }
  | { readonly level: "warn" | "fail"; readonly reason: string; readonly fix: string };

/**
 * Looks at one thing. What it throws becomes a finding too: that it could not be checked.
 */
export type Check = (machine: Machine) => Finding | Promise<Finding>;

/** All is well. */
export function ok(reason: string): Finding {
  return { level: "ok", reason };
}

/** Heddle works, and less well than it could, or not in all cases. */
export function warn(reason: string, fix: string): Finding {
  return { level: "warn", reason, fix };
}

/** Heddle does not work. */
export function fail(reason: string, fix: string): Finding {
  return { level: "fail", reason, fix };
}
