import { type Health, type HealthLevel, type StateStream, worseHealth } from "@heddle/contracts";

/** The health of everything that has one, by name. */
export interface HealthRegistry {
  add(name: string, health$: StateStream<Health>): void;
  /** In the order in which they were added. */
  all(): Readonly<Record<string, Health>>;
  /** The worst of all levels. */
  worst(): HealthLevel;
}

export function createHealthRegistry(): HealthRegistry {
  const sources = new Map<string, StateStream<Health>>();
  const all = () =>
    Object.fromEntries(Array.from(sources, ([name, health$]) => [name, health$.value]));
  return {
    add: (name, health$) => void sources.set(name, health$),
    all,
    worst: () => Object.values(all()).reduce(worseHealth, { level: "ok", message: "" }).level,
  };
}
