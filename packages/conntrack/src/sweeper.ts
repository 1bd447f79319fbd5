import type { Clock, Logger, Service } from "@heddle/contracts";
import { invalidOption } from "./conntrack-error.ts";

/** What a sweep came to. */
export interface Sweep {
  /** Connections that were dead, and are gone. */
  readonly expired: number;
  /** Connections that live. */
  readonly living: number;
  /** Connections at most. */
  readonly limit: number;
  /** Milliseconds until the first of those that live expires; undefined when none does. */
  readonly soonest: number | undefined;
}

export interface SweeperDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  sweep(): Promise<Sweep>;
}

export interface SweeperOptions {
  /**
   * Milliseconds between two sweeps of a table that is full, or of which most was dead.
   *
   * @defaultValue 1000
   */
  readonly shortest?: number;
  /**
   * Milliseconds between two sweeps of a table in which nothing happens.
   *
   * @defaultValue 30,000
   */
  readonly longest?: number;
}

/**
 * Sweeps again and again: the sooner the fuller the table is, and the more of it was dead; not before anything can be
 * dead. What is dead is not found in any case, so that a late sweep costs places and nothing else.
 *
 * @throws {ConntrackError} `invalid-option`
 */
export function createSweeper(deps: SweeperDeps, options: SweeperOptions = {}): Service {
  const { shortest = 1000, longest = 30_000 } = options;
  if (!(shortest >= 1)) {
    throw invalidOption("sweep.shortest", `${String(shortest)} is not 1 ms or more`);
  }
  if (!(longest >= shortest)) {
    const reason = `${String(longest)} ms is shorter than sweep.shortest, which is ${String(shortest)} ms`;
    throw invalidOption("sweep.longest", reason);
  }
  return new Sweeper(deps, { shortest, longest });
}

class Sweeper implements Service {
  readonly #deps: SweeperDeps;
  readonly #options: Required<SweeperOptions>;
  #timer: Disposable | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(deps: SweeperDeps, options: Required<SweeperOptions>) {
    this.#deps = deps;
    this.#options = options;
  }

  /** The first sweep comes a little later: whoever starts has more urgent things to do. */
  start(): Promise<void> {
    this.#plan(this.#options.shortest);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #run(): void {
    this.#running = this.#sweepOnce();
  }

  async #sweepOnce(): Promise<void> {
    const delay = await this.#sweep();
    if (!this.#closed) this.#plan(delay);
  }

  #plan(delay: number): void {
    this.#timer = this.#deps.clock.schedule(delay, () => this.#run());
  }

  async #sweep(): Promise<number> {
    try {
      return pause(await this.#deps.sweep(), this.#options);
    } catch (error) {
      this.#deps.logger.error("sweeping connections failed", { error });
      return this.#options.longest;
    }
  }
}

/** How long to wait after a sweep, in milliseconds. */
export function pause(
  { expired, living, limit, soonest }: Sweep,
  { shortest, longest }: Required<SweeperOptions>,
): number {
  const fill = living / Math.max(limit, 1);
  const churn = expired / Math.max(expired + living, 1);
  const eager = Math.min(1, Math.max(fill, churn));
  const wanted = longest - (longest - shortest) * eager;
  return Math.min(longest, Math.max(wanted, soonest ?? longest));
}
