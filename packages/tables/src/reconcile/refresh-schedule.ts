import type { Clock } from "@heddle/contracts";

export interface RefreshScheduleDeps<K> {
  readonly clock: Clock;
  /** Milliseconds from one refresh to the next. */
  readonly interval: number;
  /** All keys, as they are when it is asked for them. */
  readonly keys: () => Iterator<K>;
  /** Told that there are keys to refresh. */
  readonly due: () => void;
}

/** When every key is updated again, and which ones still have to be. */
export class RefreshSchedule<K> {
  readonly #deps: RefreshScheduleDeps<K>;
  #keys: Iterator<K> | undefined;
  #timer: Disposable | undefined;

  constructor(deps: RefreshScheduleDeps<K>) {
    this.#deps = deps;
  }

  /** Whether keys are still to be refreshed. */
  get active(): boolean {
    return this.#keys !== undefined;
  }

  start(): void {
    const { clock, interval, keys, due } = this.#deps;
    if (!Number.isFinite(interval)) return;
    this.#timer = clock.schedule(interval, () => {
      this.#keys ??= keys();
      this.start();
      due();
    });
  }

  /** The next key to refresh. */
  next(): K | undefined {
    const step = this.#keys?.next();
    if (step?.done === false) return step.value;
    this.#keys = undefined;
    return undefined;
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
  }
}
