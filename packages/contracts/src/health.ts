/** From the best to the worst. */
export const healthLevels = ["ok", "starting", "degraded", "failed"] as const;

/** How well a service does its work. `degraded` works in part and repairs itself; `failed` needs a person. */
export type HealthLevel = (typeof healthLevels)[number];

/** The health of one service at one moment. */
export interface Health {
  readonly level: HealthLevel;
  /** One line for a person: what is wrong and with which object, or a short fact when all is well. */
  readonly message: string;
}

/** The worse of two; the first of two that are as bad. */
export function worseHealth(one: Health, other: Health): Health {
  return healthLevels.indexOf(other.level) > healthLevels.indexOf(one.level) ? other : one;
}
