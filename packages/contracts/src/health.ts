/** How well a service does its work. `degraded` works in part and repairs itself; `failed` needs a person. */
export type HealthLevel = "starting" | "ok" | "degraded" | "failed";

/** The health of one service at one moment. */
export interface Health {
  readonly level: HealthLevel;
  /** One line for a person: what is wrong and with which object, or a short fact when all is well. */
  readonly message: string;
}
