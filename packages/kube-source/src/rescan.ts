import type { Clock } from "@heddle/contracts";

export interface RescanOptions {
  /** The longest that a request waits for what it asks to wait for, ms. */
  readonly patience: number;
  /** From the end of a scan to the next when nothing is requested, ms. */
  readonly interval: number;
}

/** Runs scans one at a time: soon after requests have calmed down, and now and then without any. */
export class Rescan {
  readonly #clock: Clock;
  readonly #options: RescanOptions;
  readonly #scan: (outOfPatience: boolean) => Promise<void>;
  /** When the first request came that no scan has begun after. */
  #requestedAt: number | undefined;
  /** When all requests will have settled. */
  #settledAt = -Infinity;
  #timer: Disposable | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param scan - It is told when requests kept coming for as long as one may wait. */
  constructor(
    clock: Clock,
    options: RescanOptions,
    scan: (outOfPatience: boolean) => Promise<void>,
  ) {
    this.#clock = clock;
    this.#options = options;
    this.#scan = scan;
  }

  /** Scans now; for the first time. */
  async start(): Promise<void> {
    if (!this.#closed) this.#begin();
    await this.#running;
  }

  /**
   * Something changed: scan when nothing was requested for so many milliseconds. A request during a scan leads
   * to another one after it.
   */
  request(settleTime: number): void {
    if (this.#closed) return;
    const now = this.#clock.monotonic();
    this.#requestedAt ??= now;
    this.#settledAt = Math.max(this.#settledAt, now + settleTime);
    if (this.#running === undefined) this.#schedule();
  }

  /** Ends it; resolves when the scan in flight has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await Promise.allSettled([this.#running]);
  }

  #schedule(): void {
    const { interval, patience } = this.#options;
    const now = this.#clock.monotonic();
    const due =
      this.#requestedAt === undefined
        ? now + interval
        : Math.min(this.#settledAt, this.#requestedAt + patience);
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.schedule(Math.max(0, due - now), () => this.#begin());
  }

  #begin(): void {
    const waited = this.#clock.monotonic() - (this.#requestedAt ?? Infinity);
    this.#requestedAt = undefined;
    this.#running = this.#run(waited >= this.#options.patience);
  }

  async #run(outOfPatience: boolean): Promise<void> {
    try {
      await this.#scan(outOfPatience);
    } finally {
      this.#running = undefined;
      if (!this.#closed) this.#schedule();
    }
  }
}
