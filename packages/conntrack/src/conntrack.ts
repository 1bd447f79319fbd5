import type { Clock, EventStream } from "@heddle/contracts";
import type { Packet } from "@heddle/packet";
import type { Connection, Scope } from "./connection.ts";
import type { ConnectionFilter } from "./connection-filter.ts";
import { invalidOption } from "./conntrack-error.ts";
import type { Counters } from "./counters.ts";
import type { SourceNatOptions } from "./nat-options.ts";
import type { Observation } from "./observation.ts";
import type { Outcome } from "./outcome.ts";
import type { PortUsage } from "./port-ledger.ts";
import { type AllTimeouts, resolveTimeouts, type TimeoutOptions } from "./timeouts.ts";
import { Tracker } from "./tracker.ts";
import type { Tuple } from "./tuple.ts";

/**
 * Follows connections by their packets. Time per packet does not depend on how many there are; memory is bounded by
 * the size of the table.
 */
export interface Conntrack {
  /**
   * Takes one packet, parsed or as what was seen in it, and says what it is to its connection.
   *
   * Never throws: whatever is wrong with a packet is its outcome, and has changed nothing but counters.
   */
  track(packet: Packet | Observation, options?: TrackOptions): Outcome;
  /** The living connection that packets of the tuple belong to, in either direction. */
  get(tuple: Tuple, scope?: Scope): Connection | undefined;
  /** The living connections, those that began first before the others. */
  connections(filter?: ConnectionFilter): Iterable<Connection>;
  /** Forgets connections, all without a filter. How many. */
  flush(filter?: ConnectionFilter): number;
  /**
   * Removes what is dead. How many there were. Nothing depends on it but memory and the counts of {@link portUsage}:
   * what is dead is not found, and gives way when the table is full.
   */
  sweep(): number;
  /** Entries in the table, the dead ones that no sweep has met yet included. */
  readonly size: number;
  readonly counters: Counters;
  /** How many ports translated connections take, for each destination that there are any to. */
  portUsage(): readonly PortUsage[];
  /**
   * Destinations to which ports run short: once each, and again only after their use was below half of what there is
   * a warning at.
   */
  readonly portWarnings: EventStream<PortUsage>;
}

export interface TrackOptions {
  /**
   * Whether the packet is looked at as one to a service's own address: an entry of its own, of which only the
   * client's side is seen.
   *
   * @defaultValue `"connection"`
   */
  readonly scope?: Scope;
  /**
   * Whether the packet is on its way out, so that a connection that it begins may leave with another source.
   *
   * @defaultValue true
   */
  readonly leaves?: boolean;
}

export interface ConntrackDeps {
  /** Its monotonic time is that of all entries. */
  readonly clock: Clock;
}

export interface ConntrackOptions extends TimeoutOptions {
  /**
   * Entries in the table at most.
   *
   * @defaultValue 65536
   */
  readonly size?: number;
  /**
   * Datagrams at most of which the ports are kept for later fragments.
   *
   * @defaultValue 4096
   */
  readonly fragments?: number;
  /**
   * Which connections leave with another source.
   *
   * @defaultValue none
   */
  readonly sourceNat?: SourceNatOptions;
}

/** The options with their defaults. */
export interface Settings {
  readonly size: number;
  readonly timeouts: AllTimeouts;
  readonly fragments: number;
  readonly fragmentTimeout: number;
  readonly sourceNat: SourceNatOptions;
}

/**
 * Connection tracking over a table that is empty.
 *
 * @throws {ConntrackError} `invalid-option`
 */
export function createConntrack(deps: ConntrackDeps, options: ConntrackOptions = {}): Conntrack {
  const { size = 65_536, timeouts = {}, serviceTimeouts = {} } = options;
  const { fragments = 4096, fragmentTimeout = 30_000 } = options;
  const { sourceNat = { addresses: [], sources: [] } } = options;
  requirePositive("size", size);
  requirePositive("fragments", fragments);
  requirePositive("fragmentTimeout", fragmentTimeout);
  const resolved = resolveTimeouts(timeouts, serviceTimeouts);
  return new Tracker(deps.clock, {
    size,
    timeouts: resolved,
    fragments,
    fragmentTimeout,
    sourceNat,
  });
}

function requirePositive(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw invalidOption(option, `${String(value)} is not a whole number from 1 on`);
}
