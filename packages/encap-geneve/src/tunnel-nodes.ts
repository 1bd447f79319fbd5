import { type Change, type ChangeStream, type IpAddress, ipFamily } from "@heddle/contracts";
import { Observable, type Subscriber } from "rxjs";
import type { TunnelNode, TunnelPeer, TunnelPeerOptions } from "./tunnel-peers.ts";

/**
 * The other nodes by each of their addresses, with the one that packets to them go to. A node without an address of
 * the underlay's family has no tunnel, and packets from it are not believed. Where two have one address, the first by
 * name has it.
 */
export function tunnelNodes(
  nodes$: ChangeStream<string, TunnelNode>,
  options: TunnelPeerOptions,
): ChangeStream<IpAddress, TunnelPeer> {
  return new Observable((subscriber) => {
    const nodes = new Nodes(subscriber, options);
    return nodes$.subscribe({
      next: (change) => {
        if (change.kind === "upsert") nodes.replace(change.key, change.value);
        else if (change.kind === "delete") nodes.replace(change.key, undefined);
        else subscriber.next(change);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });
}

class Nodes {
  readonly #subscriber: Subscriber<Change<IpAddress, TunnelPeer>>;
  readonly #options: TunnelPeerOptions;
  readonly #nodes = new Map<string, TunnelNode>();
  /** The nodes that have an address, by their keys. */
  readonly #owners = new Map<IpAddress, Map<string, TunnelPeer>>();
  readonly #shown = new Map<IpAddress, TunnelPeer>();

  constructor(subscriber: Subscriber<Change<IpAddress, TunnelPeer>>, options: TunnelPeerOptions) {
    this.#subscriber = subscriber;
    this.#options = options;
  }

  replace(key: string, node: TunnelNode | undefined): void {
    const before = this.#nodes.get(key)?.addresses ?? [];
    for (const address of before) this.#owners.get(address)?.delete(key);
    if (node === undefined) this.#nodes.delete(key);
    else this.#nodes.set(key, node);
    const peer = node === undefined ? undefined : this.#peerOf(node);
    const after = peer === undefined ? [] : (node?.addresses ?? []);
    for (const address of after) {
      const owners = this.#owners.get(address) ?? new Map<string, TunnelPeer>();
      if (peer !== undefined) this.#owners.set(address, owners.set(key, peer));
    }
    for (const address of new Set([...before, ...after])) this.#show(address);
  }

  #peerOf({ name, addresses }: TunnelNode): TunnelPeer | undefined {
    const { nodeName, underlay } = this.#options;
    const address = addresses.find((candidate) => ipFamily(candidate) === underlay);
    return name === nodeName || address === undefined ? undefined : { node: name, address };
  }

  #show(address: IpAddress): void {
    const owners = this.#owners.get(address)?.values() ?? [];
    const [peer] = [...owners].toSorted((left, right) => (left.node < right.node ? -1 : 1));
    const shown = this.#shown.get(address);
    if (peer === undefined) {
      this.#owners.delete(address);
      if (this.#shown.delete(address)) this.#subscriber.next({ kind: "delete", key: address });
      return;
    }
    if (shown?.node === peer.node && shown.address === peer.address) return;
    this.#shown.set(address, peer);
    this.#subscriber.next({ kind: "upsert", key: address, value: peer });
  }
}
