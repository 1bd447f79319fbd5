import type { ChangeStream, IpAddress, Service } from "@heddle/contracts";
import type { EndpointStatus } from "@heddle/endpoint";
import type { KubernetesObjects } from "@heddle/kube-source";
import type { ClusterNode } from "@heddle/routing";
import type { Subscription } from "rxjs";
import { podAddresses } from "../cluster.ts";
import { OwnerIndex } from "./owner-index.ts";

export interface AddressNamesDeps {
  /** This node's pods, known before their objects' status tells. */
  readonly endpoints$: ChangeStream<string, EndpointStatus>;
  readonly pods$: ChangeStream<string, KubernetesObjects["Pod"]>;
  readonly nodes$: ChangeStream<string, ClusterNode>;
}

/** Says who has an address: `NAMESPACE/POD` or `node/NAME`. */
export interface AddressNames extends Service {
  nameOf(address: IpAddress): string | undefined;
}

export function createAddressNames(deps: AddressNamesDeps): AddressNames {
  return new NameIndex(deps);
}

class NameIndex implements AddressNames {
  readonly #deps: AddressNamesDeps;
  readonly #sources = [
    new OwnerIndex<IpAddress>(),
    new OwnerIndex<IpAddress>(),
    new OwnerIndex<IpAddress>(),
  ] as const;
  readonly #subscriptions: Subscription[] = [];

  constructor(deps: AddressNamesDeps) {
    this.#deps = deps;
  }

  nameOf(address: IpAddress): string | undefined {
    for (const source of this.#sources) {
      const name = source.ownerOf(address);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  start(): Promise<void> {
    const [endpoints, pods, nodes] = this.#sources;
    const { endpoints$, pods$, nodes$ } = this.#deps;
    this.#subscriptions.push(
      endpoints.follow(endpoints$, ({ addresses }) => addresses),
      pods.follow(pods$, (pod) => (pod.spec?.hostNetwork === true ? [] : podAddresses(pod))),
      nodes.follow(
        nodes$,
        ({ addresses }) => addresses,
        (name) => `node/${name}`,
      ),
    );
    return Promise.resolve();
  }

  close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
