const millisecondsPerSecond = 1000;

/** A moment, as the kernel's entries have it and as a clock here has it. */
export class KernelTime {
  /** Jiffies in a second. */
  readonly hz: number;
  readonly #jiffies: bigint;
  readonly #milliseconds: number;

  constructor(hz: number, jiffies: bigint, milliseconds: number) {
    this.hz = hz;
    this.#jiffies = jiffies;
    this.#milliseconds = milliseconds;
  }

  /** When that was, or will be, in milliseconds of the clock here. */
  millisecondsOf(jiffies: bigint): number {
    return this.#milliseconds + (Number(jiffies - this.#jiffies) * millisecondsPerSecond) / this.hz;
  }
}

/** How many jiffies that is, at least one: a lifetime of a moment is no lifetime. */
export function jiffiesOf(milliseconds: number, hz: number): bigint {
  return BigInt(Math.max(1, Math.round((milliseconds * hz) / millisecondsPerSecond)));
}
