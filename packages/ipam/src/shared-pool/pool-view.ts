import { isDeepStrictEqual } from "node:util";
import type { IpFamily, IpPrefix, StateStream } from "@heddle/contracts";
import { createComputedState } from "@heddle/tables";
import type { ClusterPoolDeps, ClusterPoolOptions, ClusterPrefixUsage } from "../cluster-pool.ts";
import { IpamError } from "../ipam-error.ts";
import { NodePrefixPool } from "../node-prefix-pool.ts";
import { blockName, type NodeBlock, type SharedConfig } from "./shared-records.ts";

/** What one allocator knows of a shared pool. It may lag behind: the store has the last word. */
export class PoolView {
  readonly #deps: ClusterPoolDeps;
  readonly #options: Pick<ClusterPoolOptions, "name" | "strategy">;
  /** What is taken, by the names of the objects; also what this allocator is about to take. */
  readonly #blocks = new Map<string, NodeBlock>();
  readonly #usage = createComputedState(() => this.#pool.usage$.value);
  #config: SharedConfig;
  #pool: NodePrefixPool;

  constructor(
    deps: ClusterPoolDeps,
    options: Pick<ClusterPoolOptions, "name" | "strategy">,
    config: SharedConfig,
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#config = config;
    this.#pool = this.#build();
  }

  get usage$(): StateStream<readonly ClusterPrefixUsage[]> {
    return this.#usage.state$;
  }

  nodes(): readonly string[] {
    return [...new Set(Array.from(this.#blocks.values(), ({ node }) => node))];
  }

  /** A free prefix, unless there is none as far as is known. @throws {IpamError} */
  offer(node: string, family: IpFamily): IpPrefix {
    const [part] = this.#pool.offer(node, [family]);
    if (part === undefined) throw new RangeError(`no offer of family ${String(family)}`);
    return part.prefix;
  }

  /** Whether the node has yet to be given a prefix that it may have. @throws {IpamError} when it may not */
  isClaimable(node: string, prefix: IpPrefix): boolean {
    return this.#pool.isClaimable(node, prefix);
  }

  configure(config: SharedConfig): void {
    if (isDeepStrictEqual(config, this.#config)) return;
    this.#config = config;
    this.#pool = this.#build();
    this.#usage.invalidate();
  }

  /** The object is in the store, or is about to be. */
  put(block: NodeBlock): void {
    const name = blockName(block.prefix);
    const before = this.#blocks.get(name);
    this.#blocks.set(name, block);
    if (before?.node === block.node) return;
    if (before !== undefined) this.#pool.release(before.node, before.prefix);
    take(this.#pool, block);
    this.#usage.invalidate();
  }

  /** The object of this name is not in the store. */
  drop(name: string): void {
    const block = this.#blocks.get(name);
    if (block === undefined) return;
    this.#blocks.delete(name);
    this.#pool.release(block.node, block.prefix);
    this.#usage.invalidate();
  }

  /** These are all there are in the store. */
  replace(blocks: readonly NodeBlock[]): void {
    const there = new Set(blocks.map(({ prefix }) => blockName(prefix)));
    for (const name of this.#blocks.keys()) if (!there.has(name)) this.drop(name);
    for (const block of blocks) this.put(block);
  }

  #build(): NodePrefixPool {
    const { prefixes, excluded } = this.#config;
    const pool = new NodePrefixPool(this.#deps, { ...this.#options, prefixes, excluded });
    for (const block of this.#blocks.values()) take(pool, block);
    for (const { prefix, draining } of prefixes) if (draining) pool.drainPrefix(prefix);
    return pool;
  }
}

/** What is not of the pool, or not any more, is in nobody's way. */
function take(pool: NodePrefixPool, { node, prefix }: NodeBlock): void {
  try {
    pool.claim(node, [prefix]);
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
  }
}
