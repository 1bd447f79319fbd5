import type { Clock } from "@heddle/contracts";
import {
  openPinnedMap,
  openPinnedPerCpuMap,
  pinnedMapInfo,
  type KernelMap,
  type MapSpec,
} from "libbpf-napi";
import type { Connection, Scope } from "./connection.ts";
import { type ConnectionFilter, matchesFilter } from "./connection-filter.ts";
import { ConntrackError } from "./conntrack-error.ts";
import type { Counters } from "./counters.ts";
import {
  connCountersMap,
  connectionsMap,
  connGaugesMap,
  connSettingsMap,
} from "./generated/bpf.ts";
import { readCounters, readSourceNatCounters, type SourceNatCounters } from "./kernel-counters.ts";
import { connectionOfEntry, findEntry } from "./kernel-entry.ts";
import type { ConntrackMaps } from "./kernel-maps.ts";
import { KernelTime } from "./kernel-time.ts";
import type { Tuple } from "./tuple.ts";

/** How full the table is. */
export interface Fill {
  /** Connections in the table, the dead ones that no sweep has met yet included. */
  readonly connections: number;
  /** Connections at most. */
  readonly limit: number;
  /** What the limit can be raised to. */
  readonly ceiling: number;
}

/** Looks at the connections that programs in the kernel track, and changes nothing. */
export interface ConnectionReader {
  /** The living connection that packets of the tuple belong to, in either direction. */
  get(tuple: Tuple, scope?: Scope): Connection | undefined;
  /** The living connections, in no order. One that is there all the time comes once. */
  connections(filter?: ConnectionFilter): AsyncIterable<Connection>;
  counters(): Counters;
  sourceNatCounters(): SourceNatCounters;
  fill(): Fill;
}

/** A {@link ConnectionReader} with the handles that it holds. */
export interface PinnedConnections extends ConnectionReader, Disposable {
  close(): void;
}

/** Reads the maps; times are those of the clock. */
export class MapReader implements ConnectionReader {
  readonly #maps: ConntrackMaps;
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(maps: ConntrackMaps, clock: Pick<Clock, "monotonic">) {
    this.#maps = maps;
    this.#clock = clock;
  }

  get(tuple: Tuple, scope: Scope = "connection"): Connection | undefined {
    const found = findEntry(this.#maps.connections, tuple, scope);
    if (found === undefined) return undefined;
    return this.#living(connectionOfEntry(found.key, found.entry, this.time()));
  }

  async *connections(filter: ConnectionFilter = {}): AsyncGenerator<Connection> {
    const time = this.time();
    for await (const [key, entry] of this.#maps.connections.entries()) {
      const connection = this.#living(connectionOfEntry(key, entry, time));
      if (connection !== undefined && matchesFilter(connection, filter)) yield connection;
    }
  }

  counters(): Counters {
    return readCounters(this.#maps.counters);
  }

  sourceNatCounters(): SourceNatCounters {
    return readSourceNatCounters(this.#maps);
  }

  fill(): Fill {
    const { connections, gauges, settings } = this.#maps;
    return {
      connections: Number(gauges.get(0)?.count ?? 0n),
      limit: Number(settings.get(0)?.limit ?? 0n),
      ceiling: connections.maxEntries,
    };
  }

  #living(connection: Connection | undefined): Connection | undefined {
    if (connection === undefined || connection.expires <= this.#clock.monotonic()) return undefined;
    return connection;
  }

  /** When it was by both clocks that the table was swept last. @throws {ConntrackError} `not-tracking` */
  time(): KernelTime {
    const hz = this.#maps.settings.get(0)?.hz ?? 0;
    const { sweptJiffies = 0n, sweptTime = 0n } = this.#maps.gauges.get(0) ?? {};
    if (hz === 0 || sweptTime === 0n) {
      throw new ConntrackError({
        code: "not-tracking",
        operation: "read connections of",
        subject: this.#maps.connections.spec.name,
        reason: "nobody has written its settings",
        hint: "start what tracks connections first",
      });
    }
    const ago = Number(process.hrtime.bigint() - sweptTime) / nanosecondsPerMs;
    return new KernelTime(hz, sweptJiffies, this.#clock.monotonic() - ago);
  }
}

const nanosecondsPerMs = 1e6;

/**
 * Opens the maps that an agent, or anything else that runs the programs, has pinned in the folder.
 *
 * @throws {BpfError} `pin-missing`, `incompatible-pin`, `not-bpffs`, `not-permitted`
 */
export function openConnections(
  deps: { readonly clock: Pick<Clock, "monotonic"> },
  folder: string,
): PinnedConnections {
  using opened = new DisposableStack();
  const open = <K, V>(spec: MapSpec<K, V>): KernelMap<K, V> => {
    const path = `${folder}/${spec.name}`;
    // Its size is chosen by who made it.
    return opened.use(openPinnedMap(path, { ...spec, maxEntries: pinnedMapInfo(path).maxEntries }));
  };
  const maps: ConntrackMaps = {
    connections: open(connectionsMap),
    settings: open(connSettingsMap),
    gauges: open(connGaugesMap),
    counters: opened.use(openPinnedPerCpuMap(`${folder}/${connCountersMap.name}`, connCountersMap)),
  };
  return new PinnedReader(maps, deps.clock, opened.move());
}

class PinnedReader extends MapReader implements PinnedConnections {
  readonly #handles: DisposableStack;

  constructor(maps: ConntrackMaps, clock: Pick<Clock, "monotonic">, handles: DisposableStack) {
    super(maps, clock);
    this.#handles = handles;
  }

  close(): void {
    this.#handles.dispose();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
