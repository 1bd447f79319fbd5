import {
  compareIp,
  ipFamilies,
  type IpFamily,
  type IpPrefix,
  prefixAddress,
  silentLogger,
  type StateStream,
} from "@heddle/contracts";
import type { Subscription } from "rxjs";
import type { ClusterPrefix, ClusterPrefixUsage } from "../cluster-pool.ts";
import { noNodeFamily } from "../cluster-refusals.ts";
import { IpamError } from "../ipam-error.ts";
import type { StoredObject } from "../store/object-store.ts";
import { BlockObjects } from "./block-objects.ts";
import { entryOf, withDraining, withoutPrefix, withPrefix } from "./config-changes.ts";
import { ConfigObject } from "./config-object.ts";
import { pause } from "./pause.ts";
import { PoolView } from "./pool-view.ts";
import type { SharedPool, SharedPoolDeps, SharedPoolOptions } from "./shared-pool.ts";
import { blockName, type NodeBlock, type SharedConfig } from "./shared-records.ts";

/** Whether a node prefix is still one that may be handed out, by what the configuration says after it was taken. */
type Rule = (config: SharedConfig, prefix: IpPrefix) => boolean;

const isGivenOut: Rule = (config, prefix) => entryOf(config, prefix)?.draining === false;
const isOfPool: Rule = (config, prefix) => entryOf(config, prefix) !== undefined;

export class StoredPool implements SharedPool {
  readonly #deps: SharedPoolDeps;
  readonly #name: string;
  readonly #initial: SharedConfig;
  readonly #view: PoolView;
  readonly #config: ConfigObject;
  readonly #objects: BlockObjects;
  readonly #subscriptions: Subscription[] = [];
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(deps: SharedPoolDeps, options: SharedPoolOptions) {
    const { name = "cluster", prefixes = [], excluded = [], strategy = "random" } = options;
    this.#deps = deps;
    this.#name = name;
    const given = prefixes.map(({ prefix, nodeLength }) => ({
      prefix,
      nodeLength,
      draining: false,
    }));
    this.#initial = { prefixes: given, excluded };
    const { random } = deps;
    const chance = random === undefined ? {} : { random };
    this.#view = new PoolView(chance, { name, strategy }, this.#initial);
    this.#config = new ConfigObject(deps, name, this.#view);
    this.#objects = new BlockObjects(deps, this.#view);
  }

  get usage$(): StateStream<readonly ClusterPrefixUsage[]> {
    return this.#view.usage$;
  }

  async start(): Promise<void> {
    const { configs, blocks } = this.#deps;
    await this.#config.begin(this.#initial);
    const known = Promise.withResolvers<void>();
    this.#subscriptions.push(
      configs.changes$.subscribe((change) => {
        if (change.kind === "upsert" && change.key === this.#name) {
          this.#view.configure(change.value.value);
        }
      }),
      blocks.changes$.subscribe((change) => {
        if (change.kind === "synced") known.resolve();
        else if (change.kind === "delete") this.#view.drop(change.key);
        else this.#put(change.value);
      }),
    );
    await known.promise;
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await Promise.allSettled(this.#inFlight);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  nodes(): readonly string[] {
    return this.#view.nodes();
  }

  acquire(node: string, families: readonly IpFamily[]): Promise<readonly IpPrefix[]> {
    return this.#track(() => this.#acquire(node, families));
  }

  claim(node: string, prefixes: readonly IpPrefix[]): Promise<void> {
    return this.#track(() => this.#claim(node, prefixes));
  }

  release(node: string, prefix: IpPrefix): Promise<boolean> {
    return this.#track(async () => {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- again when somebody has changed it in between
        const held = await this.#objects.get(prefix);
        if (held?.value.node !== node) return false;
        // oxlint-disable-next-line no-await-in-loop
        if (await this.#objects.delete(held)) return true;
      }
    });
  }

  releaseNode(node: string): Promise<readonly IpPrefix[]> {
    return this.#track(async () => {
      const objects = await this.#objects.list();
      const own = objects.filter(({ value }) => value.node === node);
      const deleted = await Promise.all(own.map((object) => this.#objects.delete(object)));
      return prefixesOf(own.filter((_, index) => deleted[index]));
    });
  }

  held(node: string): Promise<readonly IpPrefix[]> {
    return this.#track(async () => {
      const objects = await this.#objects.list();
      const own = objects.filter(({ value }) => value.node === node);
      const adopted = await Promise.all(own.map((object) => this.#adopt(object)));
      return prefixesOf(own.filter((_, index) => adopted[index]));
    });
  }

  addPrefix(prefix: ClusterPrefix): Promise<void> {
    return this.#changeConfig(async (config) => {
      const blocks = await this.#listed();
      return withPrefix(this.#name, config, prefix, blocks);
    });
  }

  drainPrefix(prefix: IpPrefix): Promise<void> {
    return this.#changeConfig((config) =>
      Promise.resolve(withDraining(this.#name, config, prefix, "drain cluster prefix")),
    );
  }

  /**
   * It is drained first: whoever takes a part of it after this one has looked sees that, and gives it back. It stays
   * drained where a node has taken a part just before.
   */
  async removePrefix(prefix: IpPrefix): Promise<void> {
    await this.#changeConfig(async (config) => {
      withoutPrefix(this.#name, config, prefix, await this.#listed());
      return withDraining(this.#name, config, prefix, "remove cluster prefix");
    });
    await this.#changeConfig(async (config) => {
      return withoutPrefix(this.#name, config, prefix, await this.#listed());
    });
  }

  async #acquire(node: string, families: readonly IpFamily[]): Promise<readonly IpPrefix[]> {
    if (families.length === 0) throw noNodeFamily(node);
    const wanted = ipFamilies.filter((family) => families.includes(family));
    // Nothing is made where one of the families has nothing left.
    for (const family of wanted) await this.#offer(node, family); // oxlint-disable-line no-await-in-loop
    return this.#all(wanted, (family) => this.#acquireOne(node, family));
  }

  async #claim(node: string, prefixes: readonly IpPrefix[]): Promise<void> {
    await this.#refresh();
    const wanted = [...new Set(prefixes)].filter((prefix) => this.#view.isClaimable(node, prefix));
    await this.#all(wanted, (prefix) => this.#claimOne(node, prefix));
  }

  /** Makes one object after the other, or none. */
  async #all<T>(
    items: readonly T[],
    make: (item: T) => Promise<StoredObject<NodeBlock>>,
  ): Promise<readonly IpPrefix[]> {
    const made: StoredObject<NodeBlock>[] = [];
    try {
      for (const item of items) made.push(await make(item)); // oxlint-disable-line no-await-in-loop
    } catch (error) {
      await this.#objects.undo(made);
      throw error;
    }
    return made.map(({ value }) => value.prefix);
  }

  /** Tries one prefix after the other: each conflict tells of one that is taken. */
  async #acquireOne(node: string, family: IpFamily): Promise<StoredObject<NodeBlock>> {
    for (let attempt = 0; ; attempt++) {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      await pause(this.#deps, attempt);
      // oxlint-disable-next-line no-await-in-loop
      const made = await this.#objects.create(node, await this.#offer(node, family));
      // oxlint-disable-next-line no-await-in-loop
      if (made !== undefined && (await this.#settle(made, isGivenOut))) return made;
    }
  }

  async #claimOne(node: string, prefix: IpPrefix): Promise<StoredObject<NodeBlock>> {
    for (let attempt = 0; ; attempt++) {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      await pause(this.#deps, attempt);
      // Says whose it is, once that is known.
      this.#view.isClaimable(node, prefix);
      // oxlint-disable-next-line no-await-in-loop
      const made = await this.#objects.create(node, prefix);
      // oxlint-disable-next-line no-await-in-loop
      if (made !== undefined && (await this.#settle(made, isOfPool))) return made;
    }
  }

  /** Whether the object is the node's for good. */
  async #adopt(object: StoredObject<NodeBlock>): Promise<boolean> {
    for (let found = object; ;) {
      // oxlint-disable-next-line no-await-in-loop -- again when somebody has changed it in between
      if (await this.#take(found)) return true;
      // oxlint-disable-next-line no-await-in-loop
      const next = await this.#objects.get(object.value.prefix);
      if (next?.value.node !== object.value.node) return false;
      found = next;
    }
  }

  #take(object: StoredObject<NodeBlock>): Promise<boolean> {
    return object.value.confirmed ? this.#objects.touch(object) : this.#settle(object, isGivenOut);
  }

  /** Confirms an object whose prefix may be handed out, and gives others back. */
  async #settle(object: StoredObject<NodeBlock>, rule: Rule): Promise<boolean> {
    if (object.value.confirmed) return true;
    try {
      const config = await this.#config.read();
      if (rule(config, object.value.prefix)) return await this.#objects.confirm(object);
    } catch (error) {
      await this.#objects.undo([object]);
      throw error;
    }
    await this.#objects.undo([object]);
    return false;
  }

  async #offer(node: string, family: IpFamily): Promise<IpPrefix> {
    try {
      return this.#view.offer(node, family);
    } catch (error) {
      if (!(error instanceof IpamError)) throw error;
      // Others may have given something back, or added a prefix.
      await this.#refresh();
      return this.#view.offer(node, family);
    }
  }

  async #refresh(): Promise<void> {
    await this.#config.read();
    await this.#objects.list();
  }

  async #listed(): Promise<readonly NodeBlock[]> {
    return (await this.#objects.list()).map(({ value }) => value);
  }

  #changeConfig(next: (config: SharedConfig) => Promise<SharedConfig>): Promise<void> {
    return this.#track(() => this.#config.change(next));
  }

  #put({ name, value }: StoredObject<NodeBlock>): void {
    if (name === blockName(value.prefix)) {
      this.#view.put(value);
      return;
    }
    const { logger = silentLogger } = this.#deps;
    logger.warn("object of a node prefix has an odd name", { name, prefix: value.prefix });
  }

  #track<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#inFlight.add(settled);
    void settled.then(() => this.#inFlight.delete(settled));
    return done;
  }
}

/** In the order of their addresses. */
function prefixesOf(objects: readonly StoredObject<NodeBlock>[]): readonly IpPrefix[] {
  const prefixes = objects.map(({ value }) => value.prefix);
  return prefixes.toSorted((one, other) => compareIp(prefixAddress(one), prefixAddress(other)));
}
