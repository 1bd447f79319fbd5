import { TableError } from "../table-error.ts";

/** Promises that wait for a condition, which whoever changes something checks. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();

  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.add({ condition, resolve, reject });
    });
  }

  check(): void {
    for (const waiter of this.#waiting) {
      if (!waiter.condition()) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  rejectAll(error: Error): void {
    for (const waiter of this.#waiting) waiter.reject(error);
    this.#waiting.clear();
  }
}

interface Waiter {
  readonly condition: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What became of those who waited for a service called `name`. */
export function closedError(name: string): TableError {
  return new TableError({
    code: "closed",
    operation: "wait for",
    subject: name,
    reason: "the reconciler was closed before it had come so far",
  });
}
