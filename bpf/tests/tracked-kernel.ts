import {
  type AllTimeouts,
  type Connection,
  connectionOfEntry,
  type ConntrackPrograms,
  isAlias,
  jiffiesOf,
  KernelTime,
  lifetimesOf,
  type OutcomeKind,
  outcomeOfNumber,
  partsOf,
  readSourceNatCounters,
  removalOfNumber,
  resolveSourceNat,
  resolveTimeouts,
  type Scope,
  setSweepReadsMemory,
  sizeTable,
  type SourceNatCounters,
  type SourceNatMaps,
  type SourceNatOptions,
  type Timeouts,
  type TrackOptions,
  type Walk,
  type WalkOptions,
  walkTable,
  walkToEnd,
  writeSourceNat,
} from "@heddle/conntrack";
import {
  type Connection as Entry,
  ConnCounter,
  connCountersMap,
  type ConnectionKey,
  connectionsMap,
  type ConnGauges,
  connGaugesMap,
  type ConnSettings,
  connSettingsMap,
  type Fragment,
  type FragmentKey,
  fragmentsMap,
} from "@heddle/conntrack/bpf";
import {
  type BpfMap,
  type LoadedObject,
  openObject,
  type PerCpuMap,
  type Program,
} from "libbpf-napi";

export interface TrackedOptions {
  /** Connections at most. @defaultValue 1024 */
  readonly limit?: number;
  /** Entries that the map holds at most. @defaultValue four times the limit */
  readonly ceiling?: number;
  /** Destinations at most whose ports are counted. @defaultValue 1024 */
  readonly accounts?: number;
  /** Whether sweeps walk the table in the order of the kernel's memory. @defaultValue true */
  readonly readsMemory?: boolean;
  readonly timeouts?: Partial<Timeouts>;
  readonly serviceTimeouts?: Partial<Timeouts>;
}

/** A second has as many jiffies here as it has milliseconds. */
const hz = 1000;

/** As `enum track_mark` of the fixture says. */
const marks = { service: 1, inward: 2 } as const;

/** Connection tracking in the kernel whose time stands still until it is set. */
export class TrackedKernel implements Disposable {
  readonly connections: BpfMap<ConnectionKey, Entry>;
  readonly gauges: BpfMap<number, ConnGauges>;
  readonly nat: SourceNatMaps;
  readonly counters: PerCpuMap<number, bigint>;
  readonly #object: LoadedObject;
  readonly #outcome: Program;
  readonly #programs: ConntrackPrograms;
  readonly #settingsMap: BpfMap<number, ConnSettings>;
  readonly #fragments: BpfMap<FragmentKey, Fragment>;
  readonly #time = new KernelTime(hz, 0n, 0);
  #settings: ConnSettings;

  private constructor(object: LoadedObject, limit: number, timeouts: AllTimeouts) {
    this.#object = object;
    this.connections = object.map(connectionsMap);
    this.gauges = object.map(connGaugesMap);
    this.counters = object.perCpuMap(connCountersMap);
    this.#outcome = object.program("track_outcome");
    const { programs, maps } = partsOf(object);
    this.#programs = programs;
    this.nat = maps.nat;
    this.#settingsMap = object.map(connSettingsMap);
    this.#fragments = object.map(fragmentsMap);
    this.#settings = {
      lifetime: lifetimesOf(timeouts, hz),
      limit: BigInt(limit),
      fragmentLifetime: jiffiesOf(30_000, hz),
      clockMask: 0n,
      clockOffset: 0n,
      hz,
      events: 0,
    };
    this.setTime(0);
  }

  static async load(file: string, options: TrackedOptions = {}): Promise<TrackedKernel> {
    const { limit = 1024, ceiling = limit * 4, timeouts = {}, serviceTimeouts = {} } = options;
    using object = await openObject(file);
    sizeTable(object, { ceiling });
    object.resizeMap("nat_ports", options.accounts ?? 1024);
    setSweepReadsMemory(object, options.readsMemory ?? true);
    const resolved = resolveTimeouts(timeouts, serviceTimeouts);
    return new TrackedKernel(await object.load(), limit, resolved);
  }

  /** Sets the time, in milliseconds. */
  setTime(milliseconds: number): void {
    this.change({ clockOffset: BigInt(milliseconds) });
  }

  /** Changes some settings. */
  change(settings: Partial<ConnSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#settingsMap.set(0, this.#settings);
  }

  /** The outcome of an Ethernet frame; of the last one, when it comes many times. */
  async track(
    frame: Uint8Array,
    scope: Scope = "connection",
    repeat = 1,
  ): Promise<OutcomeKind | undefined> {
    const context = { mark: scope === "service" ? marks.service : 0 };
    const { returnValue } = await this.#outcome.testRun({ data: frame, context, repeat });
    return outcomeOfNumber(returnValue);
  }

  /** The outcome of a frame, and the frame as it was afterwards. */
  async translate(
    frame: Uint8Array,
    { scope = "connection", leaves = true }: TrackOptions = {},
  ): Promise<{ readonly outcome: OutcomeKind | undefined; readonly frame: Uint8Array }> {
    const mark = (scope === "service" ? marks.service : 0) | (leaves ? 0 : marks.inward);
    const { returnValue, data } = await this.#outcome.testRun({ data: frame, context: { mark } });
    return { outcome: outcomeOfNumber(returnValue), frame: data };
  }

  /** Chooses which connections leave with another source. */
  async setSourceNat(options: SourceNatOptions | undefined): Promise<void> {
    await writeSourceNat(this.nat, options && resolveSourceNat(options));
  }

  sourceNatCounters(): SourceNatCounters {
    return readSourceNatCounters(this);
  }

  /** Uses of ports by destination. */
  async portUses(): Promise<readonly number[]> {
    return await Array.fromAsync(this.nat.ports.entries(), ([, { used }]) => Number(used));
  }

  /** Entries that are none of a connection, but lead answers to one. */
  async aliases(): Promise<number> {
    let count = 0;
    for await (const [, entry] of this.connections.entries()) if (isAlias(entry)) count++;
    return count;
  }

  /** Everything in the table. */
  async all(): Promise<readonly Connection[]> {
    const all: Connection[] = [];
    for await (const [key, entry] of this.connections.entries()) {
      const connection = connectionOfEntry(key, entry, this.#time);
      if (connection !== undefined) all.push(connection);
    }
    return all;
  }

  /** Removes what is dead, and what the filter means, in a part of the table. */
  async sweep(options: WalkOptions = {}): Promise<Walk> {
    return await walkTable(this.#programs, options);
  }

  /** The same in the whole table, part by part. */
  async sweepAll(options: WalkOptions = {}): Promise<readonly Walk[]> {
    return await Array.fromAsync(walkToEnd(this.#programs, options));
  }

  /** Connections by the programs' own count. */
  get count(): number {
    return Number(this.gauges.get(0)?.count ?? 0n);
  }

  /** Removals by why, without those that never were. */
  removals(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (let number = 0; number < 16; number++) {
      const name = removalOfNumber(number);
      if (name === undefined) continue;
      counts[name] = Number(
        this.counters.fold(ConnCounter.removals + number, (sum, each) => sum + each, 0n) ?? 0n,
      );
    }
    return counts;
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    for await (const [key] of this.connections.entries()) this.connections.delete(key);
    for await (const [key] of this.#fragments.entries()) this.#fragments.delete(key);
    const now = this.gauges.get(0);
    if (now === undefined) throw new Error("there are no gauges");
    for await (const [key] of this.nat.ports.entries()) this.nat.ports.delete(key);
    const empty = { count: 0n, translated: 0n, oneWay: 0n };
    this.gauges.set(0, { ...now, ...empty, taken: [0n, 0n], left: [0n, 0n] });
  }

  [Symbol.dispose](): void {
    this.#object.close();
  }
}
