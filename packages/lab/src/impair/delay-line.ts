import type { Clock } from "@heddle/contracts";

/** Something that goes on at a moment of a clock's monotonic time. */
export interface Held {
  readonly deadline: number;
}

/** What a delay line works with. */
export interface DelayLineDeps<T> {
  readonly clock: Pick<Clock, "monotonic" | "schedule">;
  /** Lets something go on. Never called again before it has resolved. */
  readonly emit: (held: T) => Promise<void>;
  /** Called with what `emit` failed with; the others go on. */
  readonly onError: (error: unknown) => void;
}

/** Holds things, each until its deadline, and lets them go in the order of deadlines; equal ones as they came. */
export class DelayLine<T extends Held> {
  readonly #deps: DelayLineDeps<T>;
  /** In the order of deadlines. */
  readonly #held: T[] = [];
  #timer: Disposable | undefined;
  #isEmitting = false;

  constructor(deps: DelayLineDeps<T>) {
    this.#deps = deps;
  }

  /** How many are held. */
  get size(): number {
    return this.#held.length;
  }

  hold(item: T): void {
    // From the end, where nearly all belong.
    let place = this.#held.length;
    while (place > 0 && (this.#held[place - 1]?.deadline ?? 0) > item.deadline) place--;
    this.#held.splice(place, 0, item);
    if (place === 0 && !this.#isEmitting) this.#wait();
  }

  /** Sets the timer to the first deadline. */
  #wait(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const [first] = this.#held;
    if (first === undefined) return;
    const { clock } = this.#deps;
    const delay = Math.max(0, first.deadline - clock.monotonic());
    this.#timer = clock.schedule(delay, () => void this.#emitDue());
  }

  async #emitDue(): Promise<void> {
    const { clock, emit, onError } = this.#deps;
    this.#isEmitting = true;
    for (let [first] = this.#held; first !== undefined; [first] = this.#held) {
      if (first.deadline > clock.monotonic()) break;
      this.#held.shift();
      await emit(first).catch(onError);
    }
    this.#isEmitting = false;
    this.#wait();
  }
}
