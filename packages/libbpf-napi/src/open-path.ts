import { openSync } from "node:fs";
import { type Attempt, BpfError } from "./errors.ts";

/** A descriptor of the caller's own of what programs are attached to: a cgroup, a namespace. */
export function openPath(path: string, attempt: Attempt, flags: string | number = "r"): number {
  try {
    return openSync(path, flags);
  } catch (cause) {
    throw new BpfError({
      ...attempt,
      code: "invalid-argument",
      reason: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
