import { isDeepStrictEqual } from "node:util";
import { setImmediate } from "node:timers/promises";
import type { KernelConntrack, SourceNatOptions } from "@heddle/conntrack";
import {
  type Clock,
  type Health,
  type InterfaceIndex,
  type IpPrefix,
  type Logger,
  type Service,
  type StateStream,
  toError,
} from "@heddle/contracts";
import type { PrefixUsage } from "@heddle/ipam";
import type { ClusterNode } from "@heddle/routing";
import type { Address } from "@heddle/rtnetlink";
import { createState, type MutableState, type Table } from "@heddle/tables";
import { merge, type Subscription } from "rxjs";
import { type MasqueradePlan, planMasquerade } from "./masquerade-plan.ts";

/** What masquerade follows from. */
export interface MasqueradeDeps {
  /** The cluster's nodes by name, this one among them. */
  readonly nodes: Table<string, ClusterNode>;
  /** The devices that lead to the network. */
  readonly devices: Table<InterfaceIndex, unknown>;
  /** The addresses of all devices. */
  readonly addresses: Table<string, Address>;
  /** The prefixes that the node's pods have addresses of. */
  readonly usage$: StateStream<readonly PrefixUsage[]>;
  /** Started before. */
  readonly connections: { readonly table: MasqueradeTable | undefined };
  readonly clock: Pick<Clock, "schedule">;
  readonly logger: Logger;
}

/** Milliseconds until the programs are told again what the kernel refused. */
const retryPause = 5000;

type MasqueradeTable = Pick<KernelConntrack, "setSourceNat" | "portWarnings">;

export interface MasqueradeOptions {
  readonly nodeName: string;
  /** Whether pods leave the cluster with the node's addresses; without, what an earlier agent said is taken back. */
  readonly enabled: boolean;
  /** Destinations outside of the cluster to which pods' addresses are known. */
  readonly exclude: readonly IpPrefix[];
}

/** Has pods leave the cluster with the node's addresses, and logs where ports run short. */
export interface Masquerade extends Service {
  /** Resolves when the programs have been told. */
  start(): Promise<void>;
  readonly health$: StateStream<Health>;
}

export function createMasquerade(deps: MasqueradeDeps, options: MasqueradeOptions): Masquerade {
  return new ClusterMasquerade(deps, options);
}

class ClusterMasquerade implements Masquerade {
  readonly #deps: MasqueradeDeps;
  readonly #options: MasqueradeOptions;
  readonly #health: MutableState<Health>;
  readonly #ready = Promise.withResolvers<void>();
  /** What the programs were told last; null before. */
  #told: SourceNatOptions | undefined | null = null;
  #subscription: Subscription | undefined;
  /** Whether something changed since the programs were told. */
  #isStale = false;
  #telling: Promise<void> | undefined;
  #retry: Disposable | undefined;
  #isClosed = false;

  constructor(deps: MasqueradeDeps, options: MasqueradeOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#health = createState<Health>(
      { level: "starting", message: "waiting for nodes and devices" },
      { equals: isDeepStrictEqual },
    );
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  async start(): Promise<void> {
    const { nodes, devices, addresses, usage$ } = this.#deps;
    const inputs$ = merge<unknown[]>(nodes.changes$, devices.changes$, addresses.changes$, usage$);
    this.#subscription = inputs$.subscribe(() => this.#changed());
    const warnings$ = this.#deps.connections.table?.portWarnings.events$;
    const warnings = warnings$?.subscribe((usage) => {
      this.#deps.logger.warn("ports to leave with run short", { ...usage });
    });
    this.#subscription.add(warnings);
    await this.#ready.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
    this.#retry?.[Symbol.dispose]();
    this.#ready.resolve();
    await this.#telling;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #changed(): void {
    this.#isStale = true;
    this.#telling ??= this.#tell();
  }

  /** Tells the programs what changed, all of one turn together, until nothing more has. */
  async #tell(): Promise<void> {
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      await setImmediate();
      const { nodes, devices, addresses } = this.#deps;
      if ([nodes, devices, addresses].every(({ synced }) => synced)) await this.#tellOnce();
    }
    this.#telling = undefined;
  }

  async #tellOnce(): Promise<void> {
    const { sourceNat, health } = this.#wanted();
    this.#retry?.[Symbol.dispose]();
    try {
      if (!isDeepStrictEqual(sourceNat, this.#told)) {
        await this.#deps.connections.table?.setSourceNat(sourceNat);
        this.#told = sourceNat;
      }
      this.#health.set(health);
    } catch (caught) {
      if (!this.#isClosed)
        this.#retry = this.#deps.clock.schedule(retryPause, () => this.#changed());
      const error = toError(caught);
      const isNews = this.#health.value.message !== error.message;
      const level = isNews ? "error" : "debug";
      this.#deps.logger[level]("masquerade cannot be told to the programs", { error });
      this.#health.set({ level: "degraded", message: error.message });
    }
    this.#ready.resolve();
  }

  #wanted(): MasqueradePlan {
    const { nodes, devices, addresses, usage$ } = this.#deps;
    const { nodeName, exclude, enabled } = this.#options;
    if (!enabled) return { sourceNat: undefined, health: { level: "ok", message: "off" } };
    return planMasquerade(
      {
        own: nodes.get(nodeName)?.addresses ?? [],
        nodes: nodes
          .entries()
          .map(([, node]) => node)
          .toArray(),
        devices: devices
          .entries()
          .map(([ifindex]) => ifindex)
          .toArray(),
        addresses: addresses
          .entries()
          .map(([, address]) => address)
          .toArray(),
        podPrefixes: usage$.value.map(({ prefix }) => prefix),
      },
      exclude,
    );
  }
}
