import { type Clock, toError } from "@heddle/contracts";
import { type RetryPolicy, retryDelay } from "./retry.ts";

export interface PruneScheduleDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly retry: RetryPolicy;
  /** Milliseconds from a success to the next prune. */
  readonly interval: number;
  /** Asks for a prune, when a retry or the next regular one is due. */
  readonly request: () => void;
}

/** When the whole target is compared with the whole desired set. */
export class PruneSchedule {
  readonly #deps: PruneScheduleDeps;
  #timer: Disposable | undefined;
  #wanted = false;
  /** Operations that were waiting when the prune was asked for, and go first. */
  #ahead = 0;
  #running = false;
  #succeeded = false;
  #failures = 0;
  #error: Error | undefined;

  constructor(deps: PruneScheduleDeps) {
    this.#deps = deps;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Whether one is about to run or runs. */
  get active(): boolean {
    return this.#wanted || this.#running;
  }

  /** Whether one has ever succeeded. */
  get succeeded(): boolean {
    return this.#succeeded;
  }

  /** Why the last one failed. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Wants a prune after the operations that wait now. */
  want(waiting: number): void {
    if (this.#wanted) return;
    this.#timer?.[Symbol.dispose]();
    this.#wanted = true;
    this.#ahead = waiting;
  }

  /** One of the operations that go first was started. */
  countDown(): void {
    this.#ahead--;
  }

  /** Whether no further operation may start before the prune; `waiting` is how many there are. */
  isNext(waiting: number): boolean {
    return this.#wanted && !this.#running && (this.#ahead <= 0 || waiting === 0);
  }

  /** Runs `prune` and gives its error. */
  async run(prune: () => void | Promise<void>): Promise<Error | undefined> {
    this.#wanted = false;
    this.#running = true;
    try {
      await prune();
      this.#error = undefined;
    } catch (thrown) {
      this.#error = toError(thrown);
    }
    this.#running = false;
    this.#plan();
    return this.#error;
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
  }

  #plan(): void {
    const { clock, retry, random, interval, request } = this.#deps;
    if (this.#error !== undefined) {
      this.#failures++;
      this.#timer = clock.schedule(retryDelay(retry, this.#failures, random()), request);
      return;
    }
    this.#failures = 0;
    this.#succeeded = true;
    if (Number.isFinite(interval)) this.#timer = clock.schedule(interval, request);
  }
}
