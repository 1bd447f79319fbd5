import type {
  ChangeStream,
  Health,
  IpPrefix,
  Logger,
  Service,
  StateStream,
} from "@heddle/contracts";
import { toError } from "@heddle/contracts";
import type { Ipam } from "@heddle/ipam";
import type { ClusterNode } from "@heddle/routing";
import { createState, type MutableState } from "@heddle/tables";
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
}

/** Makes the service for the node of this name. */
export function createNodePrefixes(deps: NodePrefixesDeps, nodeName: string): NodePrefixes {
  return new PoolFiller(deps, nodeName);
}

class PoolFiller implements NodePrefixes {
  readonly #deps: NodePrefixesDeps;
  readonly #nodeName: string;
  readonly #health: MutableState<Health>;
  readonly #ready = Promise.withResolvers<void>();
  #held: ReadonlySet<IpPrefix> = new Set();
  #subscription: Subscription | undefined;

  constructor(deps: NodePrefixesDeps, nodeName: string) {
    this.#deps = deps;
    this.#nodeName = nodeName;
    const message = `waiting for the Node object ${nodeName} with podCIDRs`;
    this.#health = createState<Health>({ level: "starting", message });
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  async start(): Promise<void> {
    this.#deps.logger.info(this.#health.value.message);
    this.#subscription = this.#deps.nodes$.subscribe((change) => {
      if (change.kind === "upsert" && change.key === this.#nodeName) this.#fill(change.value);
    });
    await this.#ready.promise;
  }

  close(): Promise<void> {
    this.#subscription?.unsubscribe();
    this.#ready.resolve();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A prefix that pods still have addresses of stays, and the health says so. */
  #fill({ podPrefixes }: ClusterNode): void {
    const wanted = new Set(podPrefixes);
    const { ipam } = this.#deps;
    const errors = [
      ...[...wanted.difference(this.#held)].flatMap((prefix) =>
        attempt(() => ipam.addPrefix(prefix)),
      ),
      ...[...this.#held.difference(wanted)].flatMap((prefix) =>
        attempt(() => ipam.removePrefix(prefix)),
      ),
    ];
    this.#held = new Set(ipam.usage$.value.map(({ prefix }) => prefix));
    const [first] = errors;
    const message = first?.message ?? `pods get addresses of ${[...this.#held].join(", ")}`;
    this.#health.set({ level: first === undefined ? "ok" : "degraded", message });
    if (this.#held.size > 0) this.#ready.resolve();
  }
}

function attempt(action: () => void): Error[] {
  try {
    action();
    return [];
  } catch (error) {
    return [toError(error)];
  }
}
