import type { Clock, IpAddress } from "@heddle/contracts";

/** An address that was released a moment ago. */
export interface CoolingAddress {
  readonly address: IpAddress;
  /** Who had it. */
  readonly owner: string;
  /** When it is free, on the monotonic clock, milliseconds. */
  readonly until: number;
}

/** Addresses that were released a moment ago. Of those that cool down equally long, first in is first out. */
export class Cooling {
  readonly #clock: Clock;
  readonly #ended: (addresses: readonly IpAddress[]) => void;
  readonly #byDuration = new Map<number, Map<IpAddress, CoolingAddress>>();
  #timer: { readonly due: number; readonly handle: Disposable } | undefined;

  constructor(clock: Clock, ended: (addresses: readonly IpAddress[]) => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  get(address: IpAddress): CoolingAddress | undefined {
    for (const queue of this.#byDuration.values()) {
      const found = queue.get(address);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  *addresses(): Generator<IpAddress> {
    for (const queue of this.#byDuration.values()) yield* queue.keys();
  }

  add(address: IpAddress, owner: string, duration: number): void {
    const until = this.#clock.monotonic() + duration;
    const queue = this.#byDuration.get(duration) ?? new Map<IpAddress, CoolingAddress>();
    this.#byDuration.set(duration, queue.set(address, { address, owner, until }));
    this.#schedule(until);
  }

  /** Whether the address was cooling down. */
  delete(address: IpAddress): boolean {
    for (const queue of this.#byDuration.values()) if (queue.delete(address)) return true;
    return false;
  }

  /** Wakes up when it is due, or earlier. */
  #schedule(due: number): void {
    if (this.#timer !== undefined && this.#timer.due <= due) return;
    this.#timer?.handle[Symbol.dispose]();
    const handle = this.#clock.schedule(due - this.#clock.monotonic(), () => {
      this.#timer = undefined;
      this.#expire();
    });
    this.#timer = { due, handle };
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    const ended: IpAddress[] = [];
    for (const queue of this.#byDuration.values()) {
      for (const { address, until } of queue.values()) {
        if (until > now) {
          this.#schedule(until);
          break;
        }
        queue.delete(address);
        ended.push(address);
      }
    }
    this.#ended(ended);
  }
}
