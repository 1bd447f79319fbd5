import type { StateStream } from "@heddle/contracts";
import { Readers } from "../state.ts";
import type { KeyOperation } from "./key-status.ts";

/** What a reconciler has done since it was made, and what it has to do now. */
export interface ReconcileMetrics {
  /** Keys updated. */
  readonly updates: number;
  /** Keys deleted. */
  readonly deletes: number;
  /** Updates and deletes that failed. */
  readonly failures: number;
  /** Prunes that succeeded. */
  readonly prunes: number;
  /** Prunes that failed. */
  readonly pruneFailures: number;
  /** How long calls of the target took: `update` and `updateMany`, `delete` and `deleteMany`, `prune`. */
  readonly durations: Readonly<Record<TargetOperation, Histogram>>;
  /** Keys that are desired now. */
  readonly desired: number;
  /** Keys that wait for an operation now, or for the end of one. */
  readonly pending: number;
  /** Keys whose last operation failed, or whose value could not be derived. */
  readonly failed: number;
}

/** What is asked of a target. */
export type TargetOperation = KeyOperation | "prune";

/** How many of the measured values fell into which range. */
export interface Histogram {
  /** The greatest value of each range but the last one, which has no end. Milliseconds. */
  readonly bounds: readonly number[];
  /** How many values each range has: one more than `bounds`. */
  readonly counts: readonly number[];
  /** Of all values. Milliseconds. */
  readonly sum: number;
  readonly count: number;
}

/** From a system call to a target that hangs; three per factor of ten are enough to tell a change. Milliseconds. */
const bounds: readonly number[] = [-2, -1, 0, 1, 2, 3].flatMap((power) =>
  [1, 2, 5].map((digit) => Number(`${String(digit)}e${String(power)}`)),
);

/** What is read from elsewhere when somebody looks. */
export type Gauges = Pick<ReconcileMetrics, "desired" | "pending" | "failed">;

/** Counts and measures. */
export class Meter {
  readonly metrics$: StateStream<ReconcileMetrics>;
  readonly #readers: Readers<ReconcileMetrics>;
  readonly #counters = { updates: 0, deletes: 0, failures: 0, prunes: 0, pruneFailures: 0 };
  readonly #durations = { update: new Recorder(), delete: new Recorder(), prune: new Recorder() };

  constructor(gauges: () => Gauges) {
    this.#readers = new Readers(() => {
      const { update, delete: deletion, prune } = this.#durations;
      const durations = { update: update.read(), delete: deletion.read(), prune: prune.read() };
      return { ...this.#counters, durations, ...gauges() };
    });
    this.metrics$ = this.#readers.state$;
  }

  settled(operation: KeyOperation, error: Error | undefined): void {
    if (error !== undefined) this.#counters.failures++;
    else if (operation === "update") this.#counters.updates++;
    else this.#counters.deletes++;
  }

  pruned(error: Error | undefined): void {
    this.#counters[error === undefined ? "prunes" : "pruneFailures"]++;
  }

  took(operation: TargetOperation, duration: number): void {
    this.#durations[operation].add(duration);
  }

  /** Tells subscribers what was counted since they last heard. */
  publish(): void {
    this.#readers.announce();
  }
}

/** A histogram in the making. */
class Recorder {
  readonly #counts = Array.from({ length: bounds.length + 1 }, () => 0);
  #sum = 0;
  #count = 0;

  add(value: number): void {
    let index = 0;
    while (value > (bounds[index] ?? Infinity)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
    this.#count++;
  }

  read(): Histogram {
    return { bounds, counts: [...this.#counts], sum: this.#sum, count: this.#count };
  }
}
