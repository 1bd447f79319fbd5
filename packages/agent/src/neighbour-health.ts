import type { Health, StateStream } from "@heddle/contracts";
import { mapState } from "./map-state.ts";

/**
 * The health of what answers on the chosen devices: degraded also by a name that none of the devices to the network has.
 *
 * @param present - the names of these devices, at the moment in which it is asked
 */
export function neighbourHealth(
  health$: StateStream<Health>,
  chosen: readonly string[],
  present: () => Iterable<string>,
): StateStream<Health> {
  return mapState(health$, (health) => {
    const there = new Set(present()).add("all");
    const missing = chosen.filter((name) => !there.has(name));
    if (missing.length === 0 || health.level !== "ok") return health;
    const message = `no device that leads to the network is called ${missing.join(" or ")} (proxyDevices)`;
    return { level: "degraded", message };
  });
}
