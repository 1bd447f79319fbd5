import type { Explanation } from "./errors.ts";

/** How the kernel's refusal of a map for its size is to be told; `map` is the map as messages name it. */
export function sizeExplanations(map: string): Readonly<Record<string, Explanation>> {
  return {
    E2BIG: {
      code: "invalid-argument",
      reason: `E2BIG: the kernel has no maps as large as ${map}`,
      hint: "give it fewer or smaller entries",
    },
    ENOMEM: {
      reason: `ENOMEM: there is no memory for ${map}`,
      hint: "give it fewer entries; the memory limit of this process's cgroup counts maps, too",
    },
  };
}
