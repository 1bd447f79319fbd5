/** A source of time that a test can drive. All durations are in milliseconds. */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. May jump. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Never goes back. */
  monotonic(): number;
  /** Runs `task` once after `delay`; disposing the returned timer first prevents it. Never keeps the process alive. */
  schedule(delay: number, task: () => void): Disposable;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delay, task) {
    const timer = setTimeout(task, delay);
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** A clock that stands still until it is advanced. */
export interface ManualClock extends Clock {
  /** Moves time forward by `duration`, running what falls due in order, each at its own moment. */
  advance(duration: number): void;
  /** How many timers are pending. */
  readonly pending: number;
}

/** A clock for tests; `start` is both its wall-clock and its monotonic beginning. */
export function createManualClock(start = 0): ManualClock {
  return new SteppedClock(start);
}

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

class SteppedClock implements ManualClock {
  #time: number;
  readonly #timers = new Set<Timer>();

  constructor(start: number) {
    this.#time = start;
  }

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  schedule(delay: number, task: () => void): Disposable {
    const timer: Timer = { due: this.#time + Math.max(0, delay), task };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  advance(duration: number): void {
    const end = this.#time + duration;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#time = timer.due;
      timer.task();
    }
    this.#time = end;
  }

  /** The earliest timer due by `end`; the first scheduled among equals, as a `Set` iterates in order of insertion. */
  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  }
}
