import { type Health, type HealthLevel, type StateStream, worseHealth } from "@heddle/contracts";
import { combineLatest, filter, firstValueFrom } from "rxjs";

/** The health of everything that has one, by name. */
export interface HealthRegistry {
  add(name: string, health$: StateStream<Health>): void;
  /** In the order in which they were added. */
  all(): Readonly<Record<string, Health>>;
  /** The worst of all levels. */
  worst(): HealthLevel;
  /** Resolves when no part is `starting`: each has done, or failed to do, what there was to do at first. */
  whenStarted(): Promise<void>;
}

export function createHealthRegistry(): HealthRegistry {
  const sources = new Map<string, StateStream<Health>>();
  const all = () =>
    Object.fromEntries(Array.from(sources, ([name, health$]) => [name, health$.value]));
  return {
    add: (name, health$) => void sources.set(name, health$),
    all,
    async whenStarted() {
      const parts$ = combineLatest([...sources.values()]);
      const started$ = parts$.pipe(filter((parts) => parts.every(hasStarted)));
      await firstValueFrom(started$, { defaultValue: [] });
    },
    worst: () => Object.values(all()).reduce(worseHealth, { level: "ok", message: "" }).level,
  };
}

function hasStarted({ level }: Health): boolean {
  return level !== "starting";
}
