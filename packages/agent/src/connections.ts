import {
  createKernelConntrack,
  type KernelConntrack,
  type KernelConntrackOptions,
  openConntrackObject,
  partsOf,
} from "@heddle/conntrack";
import { conntrackObject } from "@heddle/conntrack/bpf";
import {
  type Clock,
  hostPrefix,
  type IpAddress,
  type Logger,
  type Service,
} from "@heddle/contracts";
import type { Datapath } from "@heddle/datapath";

export interface ConnectionsDeps {
  /** Started before, and closed after. */
  readonly datapath: Pick<Datapath, "load">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The connections that the datapath's programs track: `start` tells the programs how, which track nothing before,
 * and begins to sweep the table; `close` leaves them tracking.
 */
export interface Connections extends Service {
  /** The table. Undefined before `start` and after `close`. */
  readonly table: KernelConntrack | undefined;
  /** Forgets the connections of addresses, from and to. */
  forget(addresses: readonly IpAddress[]): Promise<void>;
}

export function createConnections(
  deps: ConnectionsDeps,
  options: KernelConntrackOptions,
): Connections {
  return new TrackedConnections(deps, options);
}

class TrackedConnections implements Connections {
  readonly #deps: ConnectionsDeps;
  readonly #options: KernelConntrackOptions;
  readonly #stack = new AsyncDisposableStack();
  #table: KernelConntrack | undefined;

  constructor(deps: ConnectionsDeps, options: KernelConntrackOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get table(): KernelConntrack | undefined {
    return this.#table;
  }

  async start(): Promise<void> {
    const { datapath, clock, logger } = this.#deps;
    using file = await openConntrackObject();
    // The datapath's programs track; of these, only those that walk the table are needed.
    const { trackIngress, trackEgress } = conntrackObject.programs;
    for (const { name } of [trackIngress, trackEgress]) file.setAutoload(name, false);
    const object = this.#stack.use(await datapath.load(file, conntrackObject.maps));
    const deps = { ...partsOf(object), clock, logger };
    this.#table = this.#stack.use(createKernelConntrack(deps, this.#options));
    await this.#table.start();
  }

  async forget(addresses: readonly IpAddress[]): Promise<void> {
    // Each walks the table in the kernel; one after the other, so that packets get their turn.
    for (const address of addresses) await this.#table?.flush({ address: hostPrefix(address) });
  }

  async close(): Promise<void> {
    this.#table = undefined;
    await this.#stack.disposeAsync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
