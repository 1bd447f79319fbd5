import {
  type Change,
  type ChangeStream,
  familyName,
  type IpAddress,
  type IpFamily,
  ipFamily,
  type IpPrefix,
} from "@heddle/contracts";
import { type Derived, failure, isFailure } from "@heddle/tables";
import { Observable, type Subscriber } from "rxjs";
import { GeneveError } from "./geneve-error.ts";
import { PrefixOverlaps } from "./prefix-overlaps.ts";

/** A node of the cluster, as far as tunnels are concerned. */
export interface TunnelNode {
  readonly name: string;
  /** Its addresses on the network between the nodes, at most one of each family. */
  readonly addresses: readonly IpAddress[];
  /** What its pods have their addresses from. */
  readonly podPrefixes: readonly IpPrefix[];
}

/** Where the packets to a prefix go: the value of the tunnel map. */
export interface TunnelPeer {
  readonly node: string;
  /** The outer destination. */
  readonly address: IpAddress;
}

export interface TunnelPeerOptions {
  /** This node, to which there is no tunnel. */
  readonly nodeName: string;
  /** The family of the network between the nodes. */
  readonly underlay: IpFamily;
}

/**
 * The tunnel map that a stream of nodes asks for, by pod prefix. A node that leaves takes its entries with it, one
 * that changes its address changes them, in the same step.
 *
 * A prefix that shares addresses with one of another node, or of this one, has a `Failure` for a value, which names
 * both: a packet to such an address might reach the wrong pods. So has one of a node without an address of the
 * underlay's family. A reconciler leaves such an entry as it was.
 */
export function tunnelPeers(
  nodes$: ChangeStream<string, TunnelNode>,
  options: TunnelPeerOptions,
): ChangeStream<IpPrefix, Derived<TunnelPeer>> {
  return new Observable((subscriber) => {
    const peers = new Peers(subscriber, options);
    return nodes$.subscribe({
      next: (change) => {
        if (change.kind === "upsert") peers.replace(change.key, change.value);
        else if (change.kind === "delete") peers.replace(change.key, undefined);
        else subscriber.next(change);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });
}

type Claims = Map<string, TunnelNode>;

class Peers {
  readonly #subscriber: Subscriber<Change<IpPrefix, Derived<TunnelPeer>>>;
  readonly #options: TunnelPeerOptions;
  readonly #nodes = new Map<string, TunnelNode>();
  /** The nodes that have a prefix, by the key of the node. */
  readonly #claims = new Map<IpPrefix, Claims>();
  readonly #overlaps = new PrefixOverlaps();
  readonly #shown = new Map<IpPrefix, Derived<TunnelPeer>>();

  constructor(
    subscriber: Subscriber<Change<IpPrefix, Derived<TunnelPeer>>>,
    options: TunnelPeerOptions,
  ) {
    this.#subscriber = subscriber;
    this.#options = options;
  }

  replace(key: string, node: TunnelNode | undefined): void {
    const before = this.#nodes.get(key)?.podPrefixes ?? [];
    const after = node?.podPrefixes ?? [];
    const affected = new Set(before);
    for (const prefix of before) this.#addOverlapping(prefix, affected);
    for (const prefix of before) if (!after.includes(prefix)) this.#withdraw(prefix, key);
    if (node === undefined) this.#nodes.delete(key);
    else this.#nodes.set(key, node);
    if (node !== undefined) for (const prefix of after) this.#claim(prefix, key, node);
    for (const prefix of after) {
      affected.add(prefix);
      this.#addOverlapping(prefix, affected);
    }
    for (const prefix of affected) this.#show(prefix);
  }

  #addOverlapping(prefix: IpPrefix, affected: Set<IpPrefix>): void {
    for (const other of this.#overlaps.overlapping(prefix)) affected.add(other);
  }

  #claim(prefix: IpPrefix, key: string, node: TunnelNode): void {
    const claims = this.#claims.get(prefix) ?? new Map<string, TunnelNode>();
    this.#claims.set(prefix, claims.set(key, node));
    this.#overlaps.add(prefix);
  }

  #withdraw(prefix: IpPrefix, key: string): void {
    const claims = this.#claims.get(prefix);
    claims?.delete(key);
    if (claims?.size !== 0) return;
    this.#claims.delete(prefix);
    this.#overlaps.delete(prefix);
  }

  #show(prefix: IpPrefix): void {
    const value = this.#valueOf(prefix);
    const shown = this.#shown.get(prefix);
    if (value === undefined) {
      if (this.#shown.delete(prefix)) this.#subscriber.next({ kind: "delete", key: prefix });
      return;
    }
    if (shown !== undefined && isSame(shown, value)) return;
    this.#shown.set(prefix, value);
    this.#subscriber.next({ kind: "upsert", key: prefix, value });
  }

  #valueOf(prefix: IpPrefix): Derived<TunnelPeer> | undefined {
    const { nodeName, underlay } = this.#options;
    const nodes = byName(this.#claims.get(prefix));
    const node = nodes.find(({ name }) => name !== nodeName);
    if (node === undefined) return undefined;
    const rival = this.#rivalOf(prefix, node, nodes);
    if (rival !== undefined) return failure(conflict(prefix, node.name, rival));
    const address = node.addresses.find((candidate) => ipFamily(candidate) === underlay);
    return address === undefined
      ? failure(noAddress(prefix, node.name, underlay))
      : { node: node.name, address };
  }

  /** Another node with this prefix or one that shares addresses with it; the first by prefix and name. */
  #rivalOf(prefix: IpPrefix, node: TunnelNode, nodes: readonly TunnelNode[]): Rival | undefined {
    const equal = nodes.find(({ name }) => name !== node.name);
    if (equal !== undefined) return { prefix, name: equal.name };
    const overlapping = [...this.#overlaps.overlapping(prefix)].toSorted();
    return overlapping
      .flatMap((other) =>
        byName(this.#claims.get(other)).map(({ name }) => ({ prefix: other, name })),
      )
      .find(({ name }) => name !== node.name);
  }
}

interface Rival {
  readonly prefix: IpPrefix;
  readonly name: string;
}

function byName(claims: Claims | undefined): readonly TunnelNode[] {
  const nodes = [...(claims?.values() ?? [])];
  return nodes.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function isSame(left: Derived<TunnelPeer>, right: Derived<TunnelPeer>): boolean {
  if (isFailure(left) || isFailure(right)) {
    return isFailure(left) && isFailure(right) && left.error.message === right.error.message;
  }
  return left.node === right.node && left.address === right.address;
}

function conflict(prefix: IpPrefix, node: string, rival: Rival): GeneveError {
  return new GeneveError({
    code: "conflicting-prefixes",
    operation: `tunnel ${prefix} to`,
    subject: `node ${node}`,
    reason:
      rival.prefix === prefix
        ? `node ${rival.name} has the same pod prefix`
        : `node ${rival.name} has the pod prefix ${rival.prefix}, which shares addresses with it`,
    hint: "give each node a pod prefix of its own",
  });
}

function noAddress(prefix: IpPrefix, node: string, underlay: IpFamily): GeneveError {
  return new GeneveError({
    code: "no-underlay-address",
    operation: `tunnel ${prefix} to`,
    subject: `node ${node}`,
    reason: `it has no ${familyName(underlay)} address on the network between the nodes`,
    hint: "add one to the node, or use the other family for the underlay",
  });
}
