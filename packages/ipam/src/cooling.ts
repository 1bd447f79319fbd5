import type { Clock, IpAddress } from "@heddle/contracts";

/** An address that was released a moment ago. */
export interface CoolingAddress {
  readonly address: IpAddress;
  /** Who had it. */
  readonly owner: string;
  /** When it is free, on the monotonic clock, milliseconds. */
  readonly until: number;
}

/** Addresses that were released a moment ago. All cool down equally long, so that first in is first out. */
export class Cooling {
  readonly #clock: Clock;
  readonly #duration: number;
  readonly #ended: (addresses: readonly IpAddress[]) => void;
  readonly #byAddress = new Map<IpAddress, CoolingAddress>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, duration: number, ended: (addresses: readonly IpAddress[]) => void) {
    this.#clock = clock;
    this.#duration = duration;
    this.#ended = ended;
  }

  get(address: IpAddress): CoolingAddress | undefined {
    return this.#byAddress.get(address);
  }

  addresses(): Iterable<IpAddress> {
    return this.#byAddress.keys();
  }

  add(address: IpAddress, owner: string): void {
    const until = this.#clock.monotonic() + this.#duration;
    this.#byAddress.set(address, { address, owner, until });
    this.#schedule();
  }

  /** Whether the address was cooling down. */
  delete(address: IpAddress): boolean {
    return this.#byAddress.delete(address);
  }

  #schedule(): void {
    const [first] = this.#byAddress.values();
    if (this.#timer !== undefined || first === undefined) return;
    const delay = first.until - this.#clock.monotonic();
    this.#timer = this.#clock.schedule(delay, () => {
      this.#timer = undefined;
      this.#expire();
      this.#schedule();
    });
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    const ended: IpAddress[] = [];
    for (const { address, until } of this.#byAddress.values()) {
      if (until > now) break;
      this.#byAddress.delete(address);
      ended.push(address);
    }
    this.#ended(ended);
  }
}
