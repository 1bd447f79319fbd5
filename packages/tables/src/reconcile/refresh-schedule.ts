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

  /** The next key to refresh, of those that `wants` is true for. */
  next(wants: (key: K) => boolean): K | undefined {
    for (let step = this.#keys?.next(); step?.done === false; step = this.#keys?.next()) {
      if (wants(step.value)) return step.value;
    }
    this.#keys = undefined;
    return undefined;
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
  }
}
