import { randomBytes } from "node:crypto";

/**
 * The name of the lab: `demo`, or `demo-2` and so on beside others, for one that is kept and talked about; one
 * of its own for one that comes and goes.
 */
export function chooseName(isKept: boolean, taken: readonly string[]): string {
  if (!isKept) return `demo-${randomBytes(4).toString("hex")}`;
  let name = "demo";
  for (let number = 2; taken.includes(name); number++) name = `demo-${String(number)}`;
  return name;
}
