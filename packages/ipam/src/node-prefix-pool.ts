import {
  ipFamilies,
  type IpFamily,
  type IpPrefix,
  prefixAddress,
  prefixLength,
  type StateStream,
} from "@heddle/contracts";
import { createComputedState } from "@heddle/tables";
import { ClusterBlock } from "./cluster-block.ts";
import type {
  ClusterPool,
  ClusterPoolDeps,
  ClusterPoolOptions,
  ClusterPrefix,
  ClusterPrefixUsage,
} from "./cluster-pool.ts";
import {
  clusterInUse,
  excludedPrefix,
  noNodeFamily,
  noNodePrefix,
  outsideCluster,
  overlappingCluster,
  prefixTaken,
  unknownCluster,
  wrongLength,
} from "./cluster-refusals.ts";
import { PrefixIndex } from "./prefix-index.ts";
import { type FamilyRange, reservationRange } from "./reservation.ts";
import { RoomQueue } from "./room-queue.ts";
import type { Offset, Slots } from "./slots.ts";

/** A part of a cluster's prefix that a node may have. */
interface Part {
  readonly prefix: IpPrefix;
  readonly block: ClusterBlock;
  readonly offset: Offset;
}

export class NodePrefixPool implements ClusterPool {
  readonly #name: string;
  readonly #excluded: readonly FamilyRange[];
  readonly #draw: (slots: Slots) => number | undefined;
  readonly #index = new PrefixIndex<ClusterBlock>();
  readonly #blocks = new Set<ClusterBlock>();
  readonly #queues = { 4: new RoomQueue<ClusterBlock>(), 6: new RoomQueue<ClusterBlock>() };
  readonly #byNode = new Map<string, Set<IpPrefix>>();
  readonly #usage = createComputedState(() => Array.from(this.#blocks, ({ usage }) => usage));

  constructor({ random = Math.random }: ClusterPoolDeps, options: ClusterPoolOptions) {
    const { name = "cluster", excluded = [], strategy = "first-free" } = options;
    this.#name = name;
    this.#excluded = excluded.map(reservationRange);
    this.#draw =
      strategy === "random" ? (slots) => slots.anywhere(random()) : (slots) => slots.lowest();
    for (const prefix of options.prefixes) this.addPrefix(prefix);
  }

  get usage$(): StateStream<readonly ClusterPrefixUsage[]> {
    return this.#usage.state$;
  }

  allocate(node: string, families: readonly IpFamily[]): readonly IpPrefix[] {
    return this.#take(node, this.offer(node, families));
  }

  /** What would be given to the node. */
  offer(node: string, families: readonly IpFamily[]): readonly Part[] {
    if (families.length === 0) throw noNodeFamily(node);
    return ipFamilies
      .filter((family) => families.includes(family))
      .map((family) => this.#find(node, family));
  }

  /** Whether the node may have the prefix and does not have it yet. @throws {IpamError} when it may not */
  isClaimable(node: string, prefix: IpPrefix): boolean {
    return this.#claimable(node, prefix) !== undefined;
  }

  claim(node: string, prefixes: readonly IpPrefix[]): void {
    const parts = Array.from(new Set(prefixes), (prefix) => this.#claimable(node, prefix));
    this.#take(
      node,
      parts.filter((part) => part !== undefined),
    );
  }

  release(node: string, prefix: IpPrefix): boolean {
    const held = this.#byNode.get(node);
    if (held === undefined || !held.delete(prefix)) return false;
    if (held.size === 0) this.#byNode.delete(node);
    const block = this.#index.find(prefixAddress(prefix));
    if (block !== undefined) {
      block.release(block.offsetOf(prefix), node);
      this.#queues[block.family].changed(block);
      this.#dropDrained(block);
    }
    this.#usage.invalidate();
    return true;
  }

  releaseNode(node: string): readonly IpPrefix[] {
    const prefixes = this.prefixesOf(node);
    for (const prefix of prefixes) this.release(node, prefix);
    return prefixes;
  }

  nodeOf(prefix: IpPrefix): string | undefined {
    const block = this.#index.find(prefixAddress(prefix));
    if (block === undefined || prefixLength(prefix) !== block.nodeLength) return undefined;
    return block.slots.ownerOf(block.offsetOf(prefix));
  }

  prefixesOf(node: string): readonly IpPrefix[] {
    return [...(this.#byNode.get(node) ?? [])];
  }

  nodes(): readonly string[] {
    return [...this.#byNode.keys()];
  }

  addPrefix(added: ClusterPrefix): void {
    const other = this.#index.overlapping(added.prefix);
    if (other === undefined) {
      this.#append(new ClusterBlock(added, this.#excluded));
    } else if (isSame(other, added) && other.draining) {
      other.resume();
      this.#remove(other);
      this.#append(other);
    } else {
      throw overlappingCluster(this.#name, added.prefix, other.prefix);
    }
    this.#usage.invalidate();
  }

  drainPrefix(prefix: IpPrefix): void {
    const block = this.#blockNamed("drain cluster prefix", prefix);
    block.drain();
    this.#queues[block.family].changed(block);
    this.#dropDrained(block);
    this.#usage.invalidate();
  }

  removePrefix(prefix: IpPrefix): void {
    const operation = "remove cluster prefix";
    const block = this.#blockNamed(operation, prefix);
    const { used } = block.slots;
    if (used > 0) throw clusterInUse(operation, prefix, used, block.nodes().toArray());
    this.#remove(block);
    this.#usage.invalidate();
  }

  #append(block: ClusterBlock): void {
    this.#blocks.add(block);
    this.#index.add(block);
    this.#queues[block.family].add(block);
  }

  #remove(block: ClusterBlock): void {
    this.#blocks.delete(block);
    this.#index.delete(block);
    this.#queues[block.family].delete(block);
  }

  #dropDrained(block: ClusterBlock): void {
    if (block.draining && block.slots.used === 0) this.#remove(block);
  }

  #blockNamed(operation: string, prefix: IpPrefix): ClusterBlock {
    const block = this.#index.find(prefixAddress(prefix));
    if (block?.prefix === prefix) return block;
    throw unknownCluster(this.#name, operation, prefix, this.#prefixes());
  }

  #prefixes(): readonly IpPrefix[] {
    return Array.from(this.#blocks, ({ prefix }) => prefix);
  }

  #find(node: string, family: IpFamily): Part {
    const queue = this.#queues[family];
    const block = queue.first();
    const offset = block === undefined ? undefined : this.#draw(block.slots);
    if (block === undefined || offset === undefined) {
      const blocks = queue.values().filter(({ draining }) => !draining);
      throw noNodePrefix(this.#name, node, family, blocks.toArray());
    }
    return { prefix: block.prefixAt(offset), block, offset };
  }

  /** Undefined when the node has it already. */
  #claimable(node: string, prefix: IpPrefix): Part | undefined {
    const block = this.#index.find(prefixAddress(prefix));
    if (block === undefined) throw outsideCluster(this.#name, node, prefix, this.#prefixes());
    if (prefixLength(prefix) !== block.nodeLength) throw wrongLength(node, prefix, block);
    const offset = block.offsetOf(prefix);
    const holder = block.slots.ownerOf(offset);
    if (holder === node) return undefined;
    if (holder !== undefined) throw prefixTaken(node, prefix, holder);
    if (block.excludes(prefix)) throw excludedPrefix(node, prefix);
    return { prefix, block, offset };
  }

  #take(node: string, parts: readonly Part[]): readonly IpPrefix[] {
    const held = this.#byNode.get(node) ?? new Set<IpPrefix>();
    for (const { prefix, block, offset } of parts) {
      block.take(offset, node);
      this.#queues[block.family].changed(block);
      held.add(prefix);
    }
    if (held.size > 0) this.#byNode.set(node, held);
    if (parts.length > 0) this.#usage.invalidate();
    return parts.map(({ prefix }) => prefix);
  }
}

function isSame(block: ClusterBlock, { prefix, nodeLength }: ClusterPrefix): boolean {
  return block.prefix === prefix && block.nodeLength === nodeLength;
}
