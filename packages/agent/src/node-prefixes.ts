import { isDeepStrictEqual } from "node:util";
import type {
  ChangeStream,
  Health,
  IpPrefix,
  Logger,
  Service,
  StateStream,
} from "@heddle/contracts";
import { toError } from "@heddle/contracts";
import type { Ipam, PrefixUsage } from "@heddle/ipam";
import type { ClusterNode } from "@heddle/routing";
import { createState, createTable, fill, type MutableState, type Table } from "@heddle/tables";
import type { Subscription } from "rxjs";

export interface NodePrefixesDeps {
  readonly nodes$: ChangeStream<string, ClusterNode>;
  readonly ipam: Ipam;
  readonly logger: Logger;
}

/** Keeps the pool of this node's pods to what its Node object says. */
export interface NodePrefixes extends Service {
  /** Resolves when the Node object is known and has a prefix. */
  start(): Promise<void>;
  readonly health$: StateStream<Health>;
  /** The use of the pool, by its prefixes. */
  readonly usage: Table<IpPrefix, PrefixUsage>;
}

/** Makes the service for the node of this name. */
export function createNodePrefixes(deps: NodePrefixesDeps, nodeName: string): NodePrefixes {
  return new PoolFiller(deps, nodeName);
}

class PoolFiller implements NodePrefixes {
  readonly #deps: NodePrefixesDeps;
  readonly #nodeName: string;
  readonly #health: MutableState<Health>;
  readonly #usage = createTable<IpPrefix, PrefixUsage>({
    name: "ipam usage",
    equals: isDeepStrictEqual,
  });
  readonly #ready = Promise.withResolvers<void>();
  readonly #subscriptions: Subscription[] = [];
  /** Undefined until the Node object is known. */
  #wanted: ReadonlySet<IpPrefix> | undefined;

  constructor(deps: NodePrefixesDeps, nodeName: string) {
    this.#deps = deps;
    this.#nodeName = nodeName;
    const message = `waiting for the Node object ${nodeName} with podCIDRs`;
    this.#health = createState<Health>(
      { level: "starting", message },
      { equals: isDeepStrictEqual },
    );
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  get usage(): Table<IpPrefix, PrefixUsage> {
    return this.#usage;
  }

  async start(): Promise<void> {
    const { nodes$, ipam, logger } = this.#deps;
    logger.info(this.#health.value.message);
    this.#subscriptions.push(
      nodes$.subscribe((change) => {
        if (change.kind !== "upsert" || change.key !== this.#nodeName) return;
        this.#wanted = new Set(change.value.podPrefixes);
        this.#fill();
      }),
      // A prefix that was drained may have kept another one from the pool.
      ipam.usage$.subscribe((usage) => {
        this.#fill();
        fill(this.#usage, new Map(usage.map((one) => [one.prefix, one])));
      }),
    );
    this.#usage.markSynced();
    await this.#ready.promise;
  }

  close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#ready.resolve();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Pods keep their addresses of a prefix that is not the node's any more; it goes with the last of them. The
   * pool is asked anew for each prefix, since it tells of every change at once, which ends here again.
   */
  #fill(): void {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    const { ipam } = this.#deps;
    const isGiven = (prefix: IpPrefix): boolean => given(ipam.usage$.value).has(prefix);
    for (const prefix of given(ipam.usage$.value).difference(wanted)) {
      if (isGiven(prefix)) ipam.drainPrefix(prefix);
    }
    const errors = Array.from(wanted).flatMap((prefix) =>
      isGiven(prefix) ? [] : attempt(() => ipam.addPrefix(prefix)),
    );
    this.#health.set(healthOf(ipam.usage$.value, errors));
    if (ipam.usage$.value.length > 0) this.#ready.resolve();
  }
}

/** The prefixes that pods get addresses of. */
function given(usage: readonly PrefixUsage[]): ReadonlySet<IpPrefix> {
  return new Set(usage.filter(({ draining }) => !draining).map(({ prefix }) => prefix));
}

function healthOf(usage: readonly PrefixUsage[], [error]: readonly Error[]): Health {
  const prefixes = [...given(usage)].join(", ");
  const missing = prefixes === "" ? "the Node object has no podCIDRs" : undefined;
  const problem = error?.message ?? missing;
  const drained = usage
    .filter(({ draining }) => draining)
    .map(({ prefix, used }) => `; ${prefix} is being drained, with ${String(used)} in use`);
  return {
    level: problem === undefined ? "ok" : "degraded",
    message: (problem ?? `pods get addresses of ${prefixes}`) + drained.join(""),
  };
}

function attempt(action: () => void): Error[] {
  try {
    action();
    return [];
  } catch (error) {
    return [toError(error)];
  }
}
