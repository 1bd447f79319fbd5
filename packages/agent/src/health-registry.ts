import type { Health, HealthLevel, StateStream } from "@heddle/contracts";

/** The health of everything that has one, by name. */
export interface HealthRegistry {
  add(name: string, health$: StateStream<Health>): void;
  /** In the order in which they were added. */
  all(): Readonly<Record<string, Health>>;
  /** The worst of all levels. */
  worst(): HealthLevel;
}

const levels: readonly HealthLevel[] = ["ok", "starting", "degraded", "failed"];

export function createHealthRegistry(): HealthRegistry {
  const sources = new Map<string, StateStream<Health>>();
  const all = () =>
    Object.fromEntries(Array.from(sources, ([name, health$]) => [name, health$.value]));
  return {
    add: (name, health$) => void sources.set(name, health$),
    all,
    worst: () =>
      Object.values(all()).reduce<HealthLevel>(
        (worst, { level }) => (levels.indexOf(level) > levels.indexOf(worst) ? level : worst),
        "ok",
      ),
  };
}
