import type { Clock, EventStream } from "@heddle/contracts";
import type { Packet } from "@heddle/packet";
import { type Connection, Entry, type Scope } from "./connection.ts";
import { type ConnectionFilter, matchesFilter } from "./connection-filter.ts";
import { ConnectionTable, type Found } from "./connection-table.ts";
import type { Conntrack, Settings, TrackOptions } from "./conntrack.ts";
import { type Counters, Tally } from "./counters.ts";
import { FragmentTable } from "./fragment-table.ts";
import { observe, type Observation } from "./observation.ts";
import type { Invalid, Outcome, Stray } from "./outcome.ts";
import type { PortUsage } from "./port-ledger.ts";
import { SourceNat } from "./source-nat.ts";
import { advance, begin, begins, isBackwards, reopens } from "./state-machine.ts";
import { reverseTuple, type Tuple } from "./tuple.ts";

/** A packet whose connection is known by its tuple, at a time. */
interface Arrival {
  readonly scope: Scope;
  readonly tuple: Tuple;
  readonly seen: Observation;
  readonly now: number;
  readonly leaves: boolean;
}

export class Tracker implements Conntrack {
  readonly #clock: Clock;
  readonly #settings: Settings;
  readonly #table: ConnectionTable;
  readonly #fragments: FragmentTable;
  readonly #nat: SourceNat;
  readonly #tally = new Tally();

  constructor(clock: Clock, settings: Settings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#nat = new SourceNat(settings.sourceNat);
    this.#fragments = new FragmentTable(settings.fragments, settings.fragmentTimeout);
    this.#table = new ConnectionTable(settings.size, (entry, removal) => {
      this.#nat.removed(entry);
      this.#tally.countRemoval(removal);
    });
  }

  get size(): number {
    return this.#table.size;
  }

  get counters(): Counters {
    return this.#tally.snapshot();
  }

  get portWarnings(): EventStream<PortUsage> {
    return this.#nat.warnings;
  }

  track(packet: Packet | Observation, options: TrackOptions = {}): Outcome {
    const seen = "layers" in packet ? observe(packet) : packet;
    const result = "outcome" in seen ? seen : this.#observed(seen, options);
    this.#tally.countOutcome(result);
    return result;
  }

  get(tuple: Tuple, scope: Scope = "connection"): Connection | undefined {
    return this.#table.find(scope, tuple, this.#clock.monotonic())?.entry.snapshot();
  }

  *connections(filter: ConnectionFilter = {}): Generator<Connection> {
    const now = this.#clock.monotonic();
    for (const entry of this.#table.entries()) {
      if (entry.expires > now && matchesFilter(entry, filter)) yield entry.snapshot();
    }
  }

  flush(filter: ConnectionFilter = {}): number {
    this.sweep();
    let count = 0;
    for (const entry of this.#table.entries()) {
      if (!matchesFilter(entry, filter)) continue;
      this.#table.remove(entry, "flushed");
      count++;
    }
    return count;
  }

  sweep(): number {
    return this.#table.sweep(this.#clock.monotonic());
  }

  portUsage(): readonly PortUsage[] {
    return this.#nat.usages();
  }

  #observed(seen: Observation, options: TrackOptions): Outcome {
    const { scope = "connection", leaves = true } = options;
    const now = this.#clock.monotonic();
    const tuple = this.#tupleOf(seen, now);
    if ("outcome" in tuple) return tuple;
    return this.#arrived({ scope, tuple, seen, now, leaves });
  }

  /** The tuple with the ports that a later fragment does not have. */
  #tupleOf({ tuple, fragment, related }: Observation, now: number): Tuple | Stray | Invalid {
    if (fragment === undefined) return tuple;
    // What an error quotes went the other way.
    const found =
      related === true
        ? this.#fragments.quoted(reverseTuple(tuple), fragment, now)
        : this.#fragments.resolve(tuple, fragment, now);
    if (found === "unknown-fragment") return { outcome: "stray", reason: found };
    if (found === "overlapping-fragment") return { outcome: "invalid", reason: found };
    return related === true ? reverseTuple(found) : found;
  }

  #arrived(arrival: Arrival): Outcome {
    const { scope, tuple, seen, now } = arrival;
    const found = this.#table.find(scope, tuple, now);
    if (seen.related === true) {
      if (found === undefined) return { outcome: "stray", reason: "quotes-unknown" };
      found.entry.count(found.direction, seen.bytes ?? 0);
      return tracked(found, arrival, false);
    }
    if (found !== undefined) {
      if (!reopens(found.entry, seen.signal, found.direction))
        return this.#continue(found, arrival);
      return this.#open(arrival, found.entry);
    }
    if (!begins(seen.signal)) return { outcome: "stray", reason: "no-connection" };
    return this.#open(arrival, undefined);
  }

  #continue(found: Found, arrival: Arrival): Outcome {
    const { entry, direction } = found;
    const { seen, now, scope } = arrival;
    if (isBackwards(entry, seen.signal, direction)) {
      return { outcome: "invalid", reason: "wrong-direction" };
    }
    const before = entry.rank;
    entry.count(direction, seen.bytes ?? 0);
    advance(entry, seen.signal, direction, this.#settings.timeouts[scope], now);
    this.#table.changed(entry, before);
    return tracked(found, arrival, false);
  }

  /** Begins a connection, in the place of one that is over. Nothing changes before it is clear that it can. */
  #open(arrival: Arrival, over: Entry | undefined): Outcome {
    const { scope, tuple, seen, now, leaves } = arrival;
    const isOthers = (one: Tuple) => {
      const found = this.#table.find("connection", one, now);
      return found !== undefined && found.entry !== over;
    };
    // What leaves may not look like what somebody else is answered with, either.
    const isTaken = (reply: Tuple) => isOthers(reply) || isOthers(reverseTuple(reply));
    // A service's client is answered by a backend, whose packets are not looked up here.
    const reply =
      scope === "service" ? reverseTuple(tuple) : this.#nat.choose(tuple, leaves, isTaken);
    if ("outcome" in reply) return reply;
    if (over !== undefined) this.#table.remove(over, "replaced");
    if (!this.#table.makeRoom(now)) return { outcome: "refused", reason: "table-full" };
    const entry = new Entry(scope, tuple, reply, now);
    begin(entry, seen.signal, this.#settings.timeouts[scope]);
    entry.count("original", seen.bytes ?? 0);
    this.#table.insert(entry);
    this.#nat.inserted(entry);
    return tracked({ entry, direction: "original" }, arrival, true);
  }
}

function tracked({ entry, direction }: Found, { seen, now }: Arrival, isNew: boolean): Outcome {
  const { state, original, reply, expires } = entry;
  const related = seen.related === true;
  const remaining = expires - now;
  return { outcome: "tracked", direction, isNew, related, state, remaining, original, reply };
}
