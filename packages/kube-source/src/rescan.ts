import type { Clock } from "@heddle/contracts";

export interface RescanOptions {
  /** How long nothing must have been requested before a scan begins, ms. */
  readonly settleTime: number;
  /** The longest that a request waits for that, ms. */
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

  /** Something changed: scan when it has settled. A request during a scan leads to another one after it. */
  request(): void {
    if (this.#closed) return;
    this.#requestedAt ??= this.#clock.monotonic();
    if (this.#running === undefined) this.#schedule();
  }

  /** Ends it; resolves when the scan in flight has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await Promise.allSettled([this.#running]);
  }

  #schedule(): void {
    const { interval, patience, settleTime } = this.#options;
    const due = this.#requestedAt === undefined ? undefined : this.#requestedAt + patience;
    const left = due === undefined ? interval : Math.min(settleTime, due - this.#clock.monotonic());
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.schedule(left, () => this.#begin());
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
