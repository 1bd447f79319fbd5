import type { Clock, EventStream, Logger, Service } from "@heddle/contracts";
import { Observable } from "rxjs";
import type { ConnectionFilter } from "./connection-filter.ts";
import { type ConnectionReader, MapReader } from "./connection-reader.ts";
import { invalidOption } from "./conntrack-error.ts";
import type { Counters } from "./counters.ts";
import type { ConnSettings } from "./generated/bpf.ts";
import { readLost } from "./kernel-counters.ts";
import { findHz } from "./kernel-hz.ts";
import type { ConntrackControlMaps, ConntrackPrograms } from "./kernel-maps.ts";
import { portUsageOf, writeSourceNat } from "./kernel-nat.ts";
import { jiffiesOf } from "./kernel-time.ts";
import { resolveSourceNat, type SourceNatOptions, type SourceNatSettings } from "./nat-options.ts";
import type { PortUsage } from "./port-ledger.ts";
import { PortWarnings } from "./port-warnings.ts";
import { type RemovedConnection, Removals } from "./removals.ts";
import { createSweeper, type Sweep, type SweeperOptions } from "./sweeper.ts";
import { flushTable, readKernelTime, type Walk, walkToEnd } from "./table-walk.ts";
import { type AllTimeouts, resolveTimeouts, type TimeoutOptions } from "./timeouts.ts";

export interface KernelConntrackDeps {
  readonly maps: ConntrackControlMaps;
  readonly programs: ConntrackPrograms;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface KernelConntrackOptions extends TimeoutOptions {
  /**
   * Connections at most; no more than the map has entries, of which a translated connection takes two.
   *
   * @defaultValue as many as the map has entries, with `sourceNat` half of them
   */
  readonly limit?: number;
  /**
   * How often the table is swept.
   *
   * @defaultValue as for each of them
   */
  readonly sweep?: SweeperOptions;
  /**
   * Milliseconds between two looks at the counters for `counters$`.
   *
   * @defaultValue 1000
   */
  readonly countersInterval?: number;
  /**
   * Which connections leave with another source; `unchanged` for as the maps say, until `setSourceNat` says otherwise.
   *
   * @defaultValue none
   */
  readonly sourceNat?: SourceNatOptions | "unchanged";
}

/**
 * Connection tracking by programs in the kernel: their settings, their sweeps, and what they know.
 *
 * `start` writes the settings, without which nothing is tracked, and begins to sweep; `close` ends sweeping, and leaves
 * the programs tracking.
 */
export interface KernelConntrack extends ConnectionReader, Service {
  /** Forgets connections, all without a filter. How many. */
  flush(filter?: ConnectionFilter): Promise<number>;
  /** Removes what is dead, beside the sweeps that are made anyway. */
  sweep(): Promise<Sweep>;
  /**
   * Changes how many connections there may be, from now on and without losing any.
   *
   * @throws {ConntrackError} `invalid-option`
   */
  setLimit(limit: number): void;
  /** The counters, now and whenever they have changed. */
  readonly counters$: Observable<Counters>;
  /** Connections that leave. The programs tell of them while somebody subscribes. */
  readonly removals: EventStream<RemovedConnection>;
  /**
   * Changes which new connections leave with another source, or that none does; those that are there stay as they are.
   *
   * @throws {ConntrackError} `invalid-option`
   */
  setSourceNat(options: SourceNatOptions | undefined): Promise<void>;
  /** How many ports translated connections take, for each destination that there are any to. */
  portUsage(): AsyncIterable<PortUsage>;
  /**
   * Destinations to which ports run short: once each, and again only after their use was below half of what there is
   * a warning at.
   */
  readonly portWarnings: EventStream<PortUsage>;
}

/**
 * Connection tracking over maps and programs that somebody has loaded.
 *
 * @throws {ConntrackError} `invalid-option`
 */
export function createKernelConntrack(
  deps: KernelConntrackDeps,
  options: KernelConntrackOptions = {},
): KernelConntrack {
  const { maxEntries } = deps.maps.connections;
  const sourceNat =
    typeof options.sourceNat === "object" ? resolveSourceNat(options.sourceNat) : options.sourceNat;
  const fitting = sourceNat === undefined ? maxEntries : Math.max(1, Math.floor(maxEntries / 2));
  const { limit = fitting, fragmentTimeout = 30_000 } = options;
  const { countersInterval = 1000, sweep = {}, timeouts = {}, serviceTimeouts = {} } = options;
  requireLimit(limit, maxEntries);
  requireDuration("fragmentTimeout", fragmentTimeout);
  requireDuration("countersInterval", countersInterval);
  const resolved = resolveTimeouts(timeouts, serviceTimeouts);
  const settings = {
    limit,
    timeouts: resolved,
    fragmentTimeout,
    sweep,
    countersInterval,
    sourceNat,
  };
  return new MappedConntrack(deps, settings);
}

interface Settings {
  readonly limit: number;
  readonly timeouts: AllTimeouts;
  readonly fragmentTimeout: number;
  readonly sweep: SweeperOptions;
  readonly countersInterval: number;
  readonly sourceNat: SourceNatSettings | "unchanged" | undefined;
}

class MappedConntrack extends MapReader implements KernelConntrack {
  readonly counters$: Observable<Counters> = new Observable((subscriber) => {
    let [last, timer]: [string | undefined, Disposable | undefined] = [undefined, undefined];
    const look = (): void => {
      const now = this.counters();
      const text = JSON.stringify(now);
      if (text !== last) subscriber.next(now);
      last = text;
      timer = this.#deps.clock.schedule(this.#options.countersInterval, look);
    };
    look();
    return () => timer?.[Symbol.dispose]();
  });
  readonly #deps: KernelConntrackDeps;
  readonly #options: Settings;
  readonly #sweeper: Service;
  readonly #removals: Removals;
  readonly #warnings: PortWarnings;
  #limit: number;
  #hz = 0;
  #wanted = false;

  constructor(deps: KernelConntrackDeps, options: Settings) {
    super(deps.maps, deps.clock);
    const { clock, logger, maps } = deps;
    this.#deps = deps;
    this.#options = options;
    this.#limit = options.limit;
    this.#sweeper = createSweeper({ clock, logger, sweep: () => this.sweep() }, options.sweep);
    this.#removals = new Removals({
      events: maps.events,
      clock,
      logger,
      want: (wanted) => {
        this.#wanted = wanted;
        this.#write();
      },
      lost: () => readLost(maps.counters),
      time: () => this.time(),
    });
    this.#warnings = new PortWarnings({ warnings: maps.nat.warnings, logger });
  }

  get portWarnings(): EventStream<PortUsage> {
    return this.#warnings.stream;
  }

  get removals(): EventStream<RemovedConnection> {
    return this.#removals.stream;
  }

  async start(): Promise<void> {
    this.#hz = await findHz(() => readKernelTime(this.#deps.programs));
    const { sourceNat } = this.#options;
    if (sourceNat !== "unchanged") await writeSourceNat(this.#deps.maps.nat, sourceNat);
    this.#write();
    // Whoever reads the table reckons from the last time that the program told by the clock of the settings.
    await readKernelTime(this.#deps.programs);
    await this.#sweeper.start();
  }

  async close(): Promise<void> {
    await this.#sweeper.close();
    this.#removals.close();
    this.#warnings.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async flush(filter: ConnectionFilter = {}): Promise<number> {
    return await flushTable(this.#deps.programs, filter);
  }

  async sweep(): Promise<Sweep> {
    let expired = 0;
    let soonest: number | undefined;
    for await (const walk of walkToEnd(this.#deps.programs)) {
      expired += walk.expired;
      const until = this.#untilSoonest(walk);
      if (until !== undefined) soonest = Math.min(until, soonest ?? until);
    }
    const { connections: living, limit } = this.fill();
    return { expired, living, limit, soonest };
  }

  setLimit(limit: number): void {
    requireLimit(limit, this.#deps.maps.connections.maxEntries);
    this.#limit = limit;
    this.#write();
  }

  async setSourceNat(options: SourceNatOptions | undefined): Promise<void> {
    await writeSourceNat(this.#deps.maps.nat, options && resolveSourceNat(options));
  }

  async *portUsage(): AsyncGenerator<PortUsage> {
    const { settings, ports } = this.#deps.maps.nat;
    const { firstPort = 1, lastPort = 0 } = settings.get(0) ?? {};
    const capacity = lastPort - firstPort + 1;
    for await (const [destination, { used }] of ports.entries()) {
      if (used > 0n && used !== gone) yield portUsageOf(destination, { used, capacity });
    }
  }

  #untilSoonest({ soonest, now }: Walk): number | undefined {
    if (soonest === undefined) return undefined;
    return (Number(soonest - now) * millisecondsPerSecond) / this.#hz;
  }

  #write(): void {
    // Nothing before `start`, which knows how long a jiffy is.
    if (this.#hz === 0) return;
    const { timeouts, fragmentTimeout } = this.#options;
    const settings: ConnSettings = {
      lifetime: lifetimesOf(timeouts, this.#hz),
      limit: BigInt(this.#limit),
      fragmentLifetime: jiffiesOf(fragmentTimeout, this.#hz),
      clockMask: allBits,
      clockOffset: 0n,
      hz: this.#hz,
      events: this.#wanted ? 1 : 0,
    };
    this.#deps.maps.settings.set(0, settings);
  }
}

const millisecondsPerSecond = 1000;
const allBits = 2n ** 64n - 1n;
/** The use of a destination that is about to be removed. */
const gone = allBits;

/** Lifetimes as the programs have them: by scope, then as `enum lifetime` says. */
export function lifetimesOf({ connection, service }: AllTimeouts, hz: number): readonly bigint[] {
  return [connection, service].flatMap(({ opening, established, closing, other }) =>
    [opening, established, closing, other].map((timeout) => jiffiesOf(timeout, hz)),
  );
}

function requireLimit(limit: number, ceiling: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= ceiling) return;
  const reason = `${String(limit)} is not a whole number from 1 to the ${String(ceiling)} entries of the map`;
  throw invalidOption("limit", reason, "load the programs with a higher ceiling");
}

function requireDuration(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw invalidOption(option, `${String(value)} is not a whole number of milliseconds from 1 on`);
}
