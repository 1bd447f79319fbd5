import type { ChangeStream, IpAddress, Service } from "@heddle/contracts";
import type { EndpointStatus } from "@heddle/endpoint";
import type { KubernetesObjects } from "@heddle/kube-source";
import type { ClusterNode } from "@heddle/routing";
import type { Subscription } from "rxjs";
import { podAddresses } from "../cluster.ts";

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
  readonly #sources = [new OwnedAddresses(), new OwnedAddresses(), new OwnedAddresses()] as const;
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

/** The addresses of one kind of owner, both ways. */
class OwnedAddresses {
  readonly #owners = new Map<IpAddress, string>();
  readonly #addresses = new Map<string, readonly IpAddress[]>();

  ownerOf(address: IpAddress): string | undefined {
    return this.#owners.get(address);
  }

  follow<V>(
    source$: ChangeStream<string, V>,
    addressesOf: (value: V) => readonly IpAddress[],
    nameOf: (key: string) => string = (key) => key,
  ): Subscription {
    return source$.subscribe((change) => {
      if (change.kind === "synced") return;
      const owner = nameOf(change.key);
      for (const address of this.#addresses.get(owner) ?? []) this.#forget(address, owner);
      const addresses = change.kind === "upsert" ? addressesOf(change.value) : [];
      for (const address of addresses) this.#owners.set(address, owner);
      if (addresses.length > 0) this.#addresses.set(owner, addresses);
      else this.#addresses.delete(owner);
    });
  }

  /** An address may be another owner's by now. */
  #forget(address: IpAddress, owner: string): void {
    if (this.#owners.get(address) === owner) this.#owners.delete(address);
  }
}
