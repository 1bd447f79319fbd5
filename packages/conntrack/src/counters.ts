import type { Removal } from "./connection-table.ts";
import type { Invalid, Refused, Stray, Tracked, Untracked } from "./outcome.ts";

/** What has happened since the table was made. Entries in it are `created` less all that were removed. */
export interface Counters {
  /** Packets of connections, and ICMP errors about them. */
  readonly tracked: number;
  /** Entries that began. */
  readonly created: number;
  /** Entries that ended, by why. */
  readonly removed: Readonly<Record<Removal, number>>;
  /** Packets that began nothing for want of a place. */
  readonly refused: Readonly<Record<Refused["reason"], number>>;
  /** Packets that belong to nothing. */
  readonly stray: Readonly<Record<Stray["reason"], number>>;
  /** Packets that are not right. */
  readonly invalid: Readonly<Record<Invalid["reason"], number>>;
  /** Packets of a kind that has no connections. */
  readonly untracked: Readonly<Record<Untracked["reason"], number>>;
}

/** As much of an outcome as is counted. */
export type CountedOutcome =
  | Pick<Tracked, "outcome" | "isNew">
  | Pick<Refused, "outcome" | "reason">
  | Stray
  | Invalid
  | Untracked;

/** {@link Counters} while they count. */
export class Tally {
  #tracked = 0;
  #created = 0;
  readonly #removed = {
    expired: 0,
    "evicted-closing": 0,
    "evicted-half-open": 0,
    flushed: 0,
    replaced: 0,
  };
  readonly #refused = { "table-full": 0, "tuple-in-use": 0, "ports-exhausted": 0 };
  readonly #stray = { "no-connection": 0, "quotes-unknown": 0, "unknown-fragment": 0 };
  readonly #invalid = {
    malformed: 0,
    truncated: 0,
    "header-chain": 0,
    "impossible-signal": 0,
    "quotes-error": 0,
    "quotes-stranger": 0,
    "overlapping-fragment": 0,
    "wrong-direction": 0,
  };
  readonly #untracked = { "not-ip": 0, "not-of-connection": 0 };

  countOutcome(result: CountedOutcome, times = 1): void {
    switch (result.outcome) {
      case "tracked":
        this.#tracked += times;
        if (result.isNew) this.#created += times;
        break;
      case "refused":
        this.#refused[result.reason] += times;
        break;
      case "stray":
        this.#stray[result.reason] += times;
        break;
      case "invalid":
        this.#invalid[result.reason] += times;
        break;
      case "untracked":
        this.#untracked[result.reason] += times;
    }
  }

  countRemoval(removal: Removal, times = 1): void {
    this.#removed[removal] += times;
  }

  snapshot(): Counters {
    return {
      tracked: this.#tracked,
      created: this.#created,
      removed: { ...this.#removed },
      refused: { ...this.#refused },
      stray: { ...this.#stray },
      invalid: { ...this.#invalid },
      untracked: { ...this.#untracked },
    };
  }
}
